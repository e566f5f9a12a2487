/**
 * Every check by its id, and every standing sentence of a report, in one place. `verdict` says which of the verdicts
 * a check belongs to. A check that is not required informs and can never make a bundle fail.
 */

export const GROUPS = {
  container: 'Archive',
  statement: 'Statement',
  certificate: 'Attestation key',
  key: 'Key',
  plan: 'Plan',
  approvals: 'Approvals',
  ledger: 'Ledger',
  lifecycle: 'Lifecycle',
  trust: 'Trust',
  vendor: 'HSM maker',
} as const;
export type Group = keyof typeof GROUPS;

export interface CheckText {
  readonly title: string;
  readonly verdict: 'integrity' | 'origin' | 'key-protection';
  readonly required: boolean;
  readonly proves: string;
  readonly doesNotProve: string;
}

const check = (
  verdict: CheckText['verdict'],
  title: string,
  proves: string,
  doesNotProve: string,
  required = true,
): CheckText => ({ title, verdict, required, proves, doesNotProve });

export const CATALOGUE = {
  'container.zip': check(
    'integrity',
    'Archive in its one form',
    'The archive has the one agreed form. Every byte of it belongs to a file or to the directory.',
    'Anything about what the files say.',
  ),
  'container.files': check(
    'integrity',
    'Files are complete',
    'The files are exactly those that the statement and the ledger call for. None is missing, none was added.',
    'That the files are unchanged. Other checks do.',
  ),
  'container.sums': check(
    'integrity',
    'Files match SHA256SUMS',
    'The list of digests agrees with the files.',
    'Who made the list. Whoever changes a file can change the list.',
  ),
  'container.texts': check(
    'integrity',
    'README and VERIFY.md as issued',
    'The two texts for people are word for word those that belong to this bundle.',
    'That the commands were run.',
  ),
  'statement.shape': check(
    'integrity',
    'Statement can be read',
    'The statement is an in-toto statement of the agreed version, in canonical form.',
    'That what it says is true.',
  ),
  'statement.copies': check(
    'integrity',
    'Statement and envelope agree',
    'The envelope, the detached signature and the statement file hold the same bytes.',
    'That the signature is valid.',
  ),
  'statement.signature': check(
    'origin',
    'Statement signature',
    'The key in the attestation certificate signed exactly this statement.',
    'Who sat at the workstation when it signed, or that what it signed is true.',
  ),
  'statement.digests': check(
    'integrity',
    'Files match the statement',
    'Every file made before signing is the one that was signed for.',
    'That these files are all there ever was to know.',
  ),
  'certificate.chain': check(
    'origin',
    'Attestation certificate',
    'The operator root, known from outside this archive, issued the certificate for signing bundles, and it was valid when the ledger was sealed.',
    'That the operator root was kept well, or that the workstation clock was right.',
  ),
  'certificate.signer': check(
    'origin',
    'Signer is the attestation key',
    'The signer is the attestation key that the statement and the genesis sheet name, and not the key the statement is about.',
    'That the attestation key is in hardware.',
  ),
  'key.public': check(
    'integrity',
    'Public key',
    'The public key in this archive is the subject of the statement, the one in the ledger, and of the planned kind.',
    'Where its private key is.',
  ),
  'key.request': check(
    'integrity',
    'Certificate request',
    'The private key of this public key signed the certificate request.',
    'That no other copy of the private key exists.',
  ),
  'key.attributes': check(
    'integrity',
    'Key attributes',
    'The values recorded as reported by the HSM are those that the plan and the state of the key call for.',
    'More than the word of the HSM and of the software that asked it.',
  ),
  'key.contradictions': check(
    'key-protection',
    'No contradiction between attributes',
    'The reported attributes agree with one another, and allow signing at most.',
    'That they are true. Edited values that agree with one another are not found.',
  ),
  'key.id': check(
    'integrity',
    'CKA_ID follows from the ledger',
    'The CKA_ID of the key comes from the ledger entry that announced its making, so the key was announced before it was recorded.',
    'That the token made no other key.',
  ),
  'key.test-signature': check(
    'integrity',
    'Test signature',
    'The private key for this public key signed the recorded challenge after the key became active.',
    'That no other copy of it exists.',
  ),
  'plan.hashes': check(
    'integrity',
    'Plan, script and templates',
    'The plan, its script and its attribute templates have the digests that the statement, the ledger and the approvals carry.',
    'That the people read the plan.',
  ),
  'plan.binding': check(
    'integrity',
    'Plan belongs to this key',
    'The plan is for this ceremony, vault, HSM serial, label and kind of key, and for this very key where it existed, and was still valid at the act.',
    'That the HSM with this serial is genuine.',
  ),
  'approvals.signatures': check(
    'origin',
    'Approval signatures',
    'Each approval is signed by the key that the genesis sheet has for its custodian.',
    'That each key was held by its owner.',
  ),
  'approvals.binding': check(
    'integrity',
    'Approvals are for this plan',
    'Each approval names this environment, ceremony, plan, script, step, HSM serial and attribute template.',
    'That the custodian saw them on an honest screen.',
  ),
  'approvals.time': check(
    'integrity',
    'Approvals were in time',
    'By the workstation clock, each approval was valid at the moment of its use.',
    'That the workstation clock was right.',
  ),
  'approvals.undisturbed': check(
    'integrity',
    'Nothing came between approval and act',
    'Between the ledger each custodian saw and the act, only decisions, presence, refusals and logins were recorded.',
    'That everything that happened was recorded.',
  ),
  'approvals.quorum': check(
    'origin',
    'Quorum',
    'For each act that the policy puts under a quorum, enough different people approved with different keys before the act began.',
    'That they decided freely, or that the HSM would have refused without them: software enforced the quorum.',
  ),
  'approvals.separation': check(
    'origin',
    'Separation of roles',
    'Nobody who approved is also the administrator or the witness, by person and by key.',
    'That two names are two people. The identity check at the genesis of the vault does.',
  ),
  'ledger.checkpoint': check(
    'origin',
    'Ledger checkpoint',
    'The log key of the genesis sheet signed the head of the ledger under which everything here lies.',
    'That no second ledger exists. Compare the root with your own record.',
  ),
  'ledger.range': check(
    'integrity',
    'Entries of the ceremony',
    'The entries are in the ledger, in this order, up to its head. None was added, dropped or moved.',
    'That everything done in the room was entered.',
  ),
  'ledger.chain': check(
    'integrity',
    'Entry chain',
    'Each entry carries the hash of the one before it.',
    'When the entries were written.',
  ),
  'ledger.proofs': check(
    'integrity',
    'Proofs of the named entries',
    'Each entry that the statement names is under the checkpoint, by a proof that stands on its own.',
    'That the statement names every entry of interest. The range holds them all.',
  ),
  'ledger.heads': check(
    'integrity',
    'Earlier heads',
    'Every earlier state of the ledger that an approval or the statement names is the beginning of this ledger.',
    'What the custodians saw of it.',
  ),
  'ledger.acts': check(
    'integrity',
    'Intents and results',
    'Every act on the token was announced before and has one recorded outcome.',
    'That the token did nothing else. No audit trail of the device was supplied.',
  ),
  'ledger.issued': check(
    'integrity',
    'Signing is recorded',
    'The ledger announced the signing of this statement and recorded this envelope.',
    'That no other statement was signed.',
  ),
  'ledger.disclosures': check(
    'integrity',
    'Disclosed words',
    'Names, serials and notes belong to the digests in the entries, and none is withheld.',
    'That the words are true.',
  ),
  'ledger.minutes': check(
    'integrity',
    'Minutes',
    'The minutes say what the ledger says, no more and no less.',
    'What was not entered in the ledger.',
  ),
  'lifecycle.history': check(
    'integrity',
    'Life of the key before',
    'From the making of the key on, the entries given from before this ceremony are those that its state follows from, and no others.',
    'That no entry about this key was left out. The whole ledger shows that.',
  ),
  'lifecycle.state': check(
    'integrity',
    'State of the key',
    'Replaying the entries gives the state that the statement claims, by allowed transitions only.',
    'What happened to the key after the ledger was sealed.',
  ),
  'lifecycle.change': check(
    'integrity',
    'What was changed',
    'Replaying the entries gives the states before and after that the statement claims; the reason and the report are those of the plan.',
    'That the reason is true, or that nothing was changed later.',
  ),
  'lifecycle.enforced': check(
    'integrity',
    'What the token answered',
    'What the statement says of enforcement and of objects that are gone is what the ledger recorded, and the attributes that were read agree with it.',
    'That the token told the truth, that nobody sets the attributes back, or that no copy exists elsewhere.',
  ),
  'trust.genesis': check(
    'origin',
    'Genesis sheet',
    'The vault, ledger, HSM serial, custody, head on the token and operator root are those of the genesis sheet.',
    'That the genesis sheet is the right one. Compare its digest with the paper.',
  ),
  'trust.policy': check(
    'origin',
    'Policy',
    'The plan was made under the policy of the genesis sheet.',
    'That the policy is a good one.',
  ),
  'trust.people': check(
    'origin',
    'People and their keys',
    'Everyone in the plan has the role and the key that the genesis sheet gives them.',
    'Who holds these keys today.',
  ),
  'trust.environment': check(
    'origin',
    'Environment',
    'The bundle comes from the kind of vault that was expected: production or rehearsal.',
    'That a production vault is operated well.',
  ),
  'vendor.attestation': check(
    'key-protection',
    'Attestation by the HSM maker',
    'Nothing. This HSM supplied no signed attestation.',
    'That the device is genuine, and that it made the key. This rests on the ceremony and its witnesses.',
    false,
  ),
} as const satisfies Record<`${Group}.${string}`, CheckText>;

export type CheckId = keyof typeof CATALOGUE;
export const CHECK_IDS = Object.keys(CATALOGUE) as CheckId[];

export const groupOf = (id: CheckId): Group => id.slice(0, id.indexOf('.')) as Group;

/** Wording of the assurance levels. Nothing weaker or stronger may be said. */
export const ASSURANCE = {
  A0: 'TEST ONLY. Software token; no hardware protection.',
  A1:
    'Ceremony software read these attributes over PKCS#11 and signed them with a key recorded as held in the same ' +
    'token. This shows who made the record and that it is unchanged. It does not prove the key is in hardware or was ' +
    'never exported: a compromised workstation or PKCS#11 library could have reported other values.',
} as const;

export const SENTENCES = {
  headline: {
    pass: 'Every required check passed',
    test: 'TEST ONLY: every required check of this rehearsal passed',
    fail: 'Do not rely on this bundle',
    incomplete: 'Do not rely on this bundle yet: required checks could not be made',
  },
  integrity: {
    PASS: 'The parts of this bundle belong together and are unchanged since they were signed and sealed.',
    FAIL: 'The parts of this bundle do not belong together, or were changed.',
    'NOT CHECKED': 'Whether the parts of this bundle belong together could not be checked in full.',
  },
  origin: {
    PASS: 'It comes from the vault of the genesis sheet, and the quorum of that vault approved.',
    FAIL: 'It does not come, as it stands, from the vault of the genesis sheet with the approval of its quorum.',
    'NOT CHECKED':
      'Where it comes from could not be checked in full. Without the genesis sheet nothing is known of the quorum or of the log.',
  },
  protection: {
    none: 'Nothing can be said about the protection of the key, because integrity or origin does not hold.',
    contradiction: 'The claims about the key contradict one another. Nothing can be said about its protection.',
  },
  next: {
    pass: 'Compare the digest of the genesis sheet with the paper, and the checkpoint root with your own record.',
    fail: 'Ask the exporter for a fresh copy, compare its digest, and keep this one.',
    trust:
      'Obtain genesis.json of this vault by another way than this bundle, compare its digest with the paper, and verify again.',
  },
  notReached: 'Not reached, because a part it needs could not be read or another check failed.',
  noTrust: 'No genesis sheet was given.',
} as const;
