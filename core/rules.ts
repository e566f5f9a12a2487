/**
 * Every rule that can refuse, with the sentence a person reads and what to do. The id is the same on the screen, in
 * the ledger (`command.refused`), in the documents and in the test that produces it.
 */
import { KEY_RULES } from './lifecycle/rules.ts';
import { fail, type Failure, type Result } from './result.ts';

export interface Rule {
  readonly message: string;
  readonly hint: string;
}

export const RULES = {
  'PLAN-1': { message: 'Another ceremony is open.', hint: 'Finish or stop it first.' },
  'PLAN-2': {
    message: 'The policy of this vault does not allow this kind of key.',
    hint: 'Choose an allowed kind, or change the policy by its own quorum.',
  },
  'PLAN-3': {
    message: 'This label is already in the ledger.',
    hint: 'Choose a label that was never used in this vault.',
  },
  'PLAN-4': {
    message: 'A role that the script needs has no person.',
    hint: 'Enrol an administrator, enough custodians and a witness.',
  },
  'PLAN-5': {
    message: 'The plan is no longer valid: its time has passed or the policy has changed.',
    hint: 'Stop the ceremony and freeze a new plan.',
  },
  'PLAN-6': {
    message: 'The plan does not say what its recipe and this vault say.',
    hint: 'Freeze the plan again in this application.',
  },
  'READING-1': {
    message: 'The reading is not confirmed by a reader and a witness of this vault.',
    hint: 'Have one person read the clock and another, a witness or an auditor, see it and confirm.',
  },
  'READING-2': {
    message: 'The reading is more than a day from the clock of the workstation.',
    hint: 'Check the date and that the time is UTC. If the workstation is wrong by a day, have its clock set first.',
  },
  'ROLE-1': {
    message: 'One person or one key would hold two roles.',
    hint: 'Give each role to another person with a key of their own.',
  },
  'STEP-1': { message: 'It is not the turn of this step.', hint: 'Follow the script: the current step is marked.' },
  'STEP-2': {
    message: 'The step is not confirmed by the people it names.',
    hint: 'Have one person of each named role confirm.',
  },
  'STEP-3': { message: 'No token session is open for this act.', hint: 'Log in to the token first.' },
  'STEP-4': {
    message: 'An earlier act was interrupted and its outcome is not known.',
    hint: 'Log in, so that the workstation can ask the token what it holds.',
  },
  'STEP-5': { message: 'The ceremony is closed.', hint: 'Begin a new one.' },
  'STEP-6': {
    message: 'An earlier signature by this step may exist although it was not recorded.',
    hint: 'Stop this ceremony. A signature is repeated only under a new plan and a new quorum.',
  },
  'QUORUM-1': {
    message: 'Fewer people have approved than the policy requires.',
    hint: 'Further custodians must approve this step.',
  },
  'QUORUM-2': {
    message: 'This key has already decided on this step.',
    hint: 'Another custodian must approve, with a key of their own.',
  },
  'QUORUM-3': { message: 'This person has already decided on this step.', hint: 'Another custodian must approve.' },
  'QUORUM-4': {
    message: 'This person does not belong to a group that decides on this act.',
    hint: 'Only the custodians named in the policy approve.',
  },
  'QUORUM-5': {
    message: 'A custodian declined, and the policy of this vault lets one decline stop the step.',
    hint: 'Stop the ceremony, settle the reason, and freeze a new plan.',
  },
  'QUORUM-6': {
    message: 'No rule of the policy allows this act.',
    hint: 'The policy must name the act before anyone can approve it.',
  },
  'APPROVAL-1': {
    message: 'The approval is for another plan.',
    hint: 'Compare the plan sheet with the screen and approve this plan.',
  },
  'APPROVAL-2': { message: 'The approval is for another ceremony or step.', hint: 'Approve the step that is current.' },
  'APPROVAL-3': {
    message: 'The approval is for another HSM.',
    hint: 'Check the serial on the device, then approve again.',
  },
  'APPROVAL-4': {
    message: 'The approval is for other key attributes.',
    hint: 'A parameter was changed. Compare the plan and approve again.',
  },
  'APPROVAL-5': {
    message: 'The approval is for another environment: rehearsal and production never mix.',
    hint: 'Approve again in this environment.',
  },
  'APPROVAL-6': {
    message: 'The approval has expired, or is not valid yet.',
    hint: 'The custodian must approve again.',
  },
  'APPROVAL-7': {
    message: 'The approval was given in view of another ledger, or something else has happened since.',
    hint: 'Compare the ledger root and approve again.',
  },
  'APPROVAL-8': {
    message: 'The approval is not signed by the key that this person enrolled.',
    hint: 'Use the medium of the person at the desk.',
  },
  'APPROVAL-9': {
    message: 'The typed groups are not those of the plan.',
    hint: 'Read them from the paper sheet. If the paper differs from the screen, stop the ceremony.',
  },
  'APPROVAL-10': {
    message: 'The approval is not a well-formed approval.',
    hint: 'Make it again with this application.',
  },
  'APPROVAL-11': {
    message: 'Not every row of the digest was compared.',
    hint: 'Read rows A to D from the paper sheet and tick each that matches.',
  },
  'APPROVAL-12': {
    message: 'The approval may not be used yet: its waiting time has not passed.',
    hint: 'Wait until the time that the policy sets.',
  },
  'LABEL-1': {
    message: 'The token already holds an object with this label.',
    hint: 'Choose another label, or find out whose object it is.',
  },
  'LABEL-2': {
    message: 'The label that was typed is not that of the key.',
    hint: 'Read the label from the plan in your hand and type it.',
  },
  'LIFECYCLE-1': {
    message: 'The key may not change its state so.',
    hint: 'The lifecycle of the key says what may follow. It is drawn beside the key.',
  },
  'LIFECYCLE-2': {
    message: 'The compromise is said to lie in the future.',
    hint: 'Give the time since which it is believed, or check the clock of the workstation.',
  },
  'LIFECYCLE-3': {
    message: 'The token did not take the rights of the key away. Its state is kept by procedure, not by the device.',
    hint: 'Keep the token locked away, and destroy the key as soon as that is possible.',
  },
  'LIFECYCLE-4': {
    message: 'A part of the key is still on the token.',
    hint: 'Plan another destruction for what is left.',
  },
  'LIFECYCLE-5': {
    message: 'The waiting time before the destruction of this key has not passed.',
    hint: 'Wait until it has. It is counted by the clock of the workstation, and nothing shortens it.',
  },
  'EVIDENCE-1': {
    message: 'The plan of this ceremony has no step that makes a bundle.',
    hint: 'The ledger, its checkpoints and its export are the evidence of what was done.',
  },
  'READBACK-1': {
    message: 'The HSM does not report what the plan says.',
    hint: 'Stop the ceremony. Do not use this key.',
  },
  'SIGNATURE-1': {
    message: 'The signature that the HSM made does not verify outside it.',
    hint: 'Stop the ceremony. Do not use this key.',
  },
  'USE-1': {
    message: 'The key did not do what it was made for.',
    hint: 'Stop the ceremony. Do not use this key.',
  },
  'LEDGER-1': {
    message: 'The journal on disk does not verify.',
    hint: 'Do not use this workstation. Export the ledger folder and call an auditor.',
  },
  'ANCHOR-1': {
    message: 'The ledger on disk is shorter than the head that the token keeps. Entries are missing at its end.',
    hint: 'The disk was set back, or entries were cut off. Export the ledger, use this workstation no further, and call an auditor.',
  },
  'ANCHOR-2': {
    message: 'The entries on disk are not those whose head the token keeps. The ledger was rewritten or forked.',
    hint: 'Export the ledger, use this workstation no further, and call an auditor.',
  },
  'ANCHOR-3': {
    message:
      'More than one entry about the token follows the head that the token keeps. This software never leaves the ledger so.',
    hint: 'Entries were written without the token, or an older copy of the token is connected. Export the ledger and call an auditor.',
  },
  'ANCHOR-4': {
    message: 'The token keeps no head of this ledger, although one was put there when the vault was made.',
    hint: 'It was removed, or this is another token or another ledger. Export the ledger and call an auditor.',
  },
  'ANCHOR-5': {
    message: 'A signed checkpoint on disk is newer than the head that the token keeps.',
    hint: 'An older copy of the token is connected. Export the ledger and call an auditor.',
  },
  'ANCHOR-6': {
    message: 'A power cut left one entry about the token without a head.',
    hint: 'Compare this entry with the minutes: whoever can write to the disk could have added this one.',
  },
  'ANCHOR-7': {
    message:
      'Anchor: unavailable. This token keeps no data objects, so nothing on it shows that the disk was set back.',
    hint: 'Compare a receipt, or the head that a witness keeps. Only they can show it.',
  },
  'ANCHOR-8': {
    message: 'The token holds an object under the name of the ledger’s head that the log key did not sign.',
    hint: 'Someone with the PIN, or a fault of the token, put it there. It is removed when the next head is kept.',
  },
  'ANCHOR-9': {
    message: 'The token keeps the head of exactly the entries on disk.',
    hint: 'Nothing needs to be done. Compare an earlier receipt, where there is one.',
  },
  'ANCHOR-10': {
    message: 'Entries without an effect on the token follow the head that the token keeps.',
    hint: 'Where it matters, compare them with the minutes. Each login seals what is there.',
  },
  'ANCHOR-11': {
    message: 'The token keeps more than one head of this ledger, as a power cut leaves it.',
    hint: 'Nothing needs to be done. The largest counts, and the others are removed when the next head is kept.',
  },
  'ANCHOR-12': {
    message: 'Anchor not yet checked. The disk is compared with the head on the token at the next login.',
    hint: 'Log in before anything rests on the ledger.',
  },
  'ANCHOR-13': {
    message: 'Anchor not checked: the token of this vault is not connected.',
    hint: 'Connect the token and log in. Until then the ledger can be read, and no act can be done.',
  },
  'ANCHOR-14': {
    message: 'This vault was made before heads were kept on the token.',
    hint: 'Only cosignatures and receipts show that the disk was set back.',
  },
  'COSIGN-1': {
    message: 'Fewer people have cosigned the head of the ledger than must have before this ceremony closes.',
    hint: 'Have custodians and a witness cosign on the receipts page, here or with the witness tool.',
  },
  'COSIGN-2': {
    message: 'This ledger does not continue the head that this person cosigned or took home last.',
    hint: 'Do not cosign it. The ledger was set back or written anew. Keep the receipt and call an auditor.',
  },
  'COSIGN-3': {
    message: 'This person has cosigned this head already, or a newer one.',
    hint: 'Cosign again when entries were added and sealed.',
  },
  'COSIGN-4': {
    message: 'This person does not cosign the ledger.',
    hint: 'Custodians, witnesses and auditors cosign, with the key that they enrolled.',
  },
  'COSIGN-5': {
    message: 'The cosignature is not one of the key that this person enrolled, over a head of this ledger.',
    hint: 'Use the medium of this person, or take the answer that belongs to the newest request.',
  },
  'COSIGN-6': {
    message: 'The head on the screen is not the newest sealed head of the ledger.',
    hint: 'Compare the root again, then cosign.',
  },
  'RECEIPT-5': {
    message: 'No earlier receipt was shown since this vault was opened.',
    hint: 'Show one on the receipts page, or record there why none is shown.',
  },
  'LEDGER-2': {
    message: 'The ledger cannot be written.',
    hint: 'Check the disk. Nothing further is done until the application is started again.',
  },
  'LEDGER-3': {
    message: 'The ledger holds entries that do not follow from the ones before them.',
    hint: 'Nothing may rest on what they claim. Call an auditor.',
  },
  'AIRGAP-1': { message: 'A network interface is up.', hint: 'Unplug it, then try again.' },
  'MODULE-1': {
    message: 'The PKCS#11 library is not the file that this vault began with.',
    hint: 'Nobody types a PIN into it. Restore the file whose digest is on the genesis sheet.',
  },
  'SETUP-1': {
    message: 'A production vault cannot be made on a software token.',
    hint: 'Use it for a rehearsal, or choose a hardware module.',
  },
  'SETUP-2': { message: 'The set-up is not complete.', hint: 'Enrol everyone and set the threshold first.' },
  'SETUP-3': { message: 'The operator root needs a token of its own.', hint: 'Choose another token than the vault’s.' },
  'SETUP-4': { message: 'A vault exists already.', hint: 'This version keeps one vault in a data folder.' },
  'BUILD-1': {
    message: 'This build cannot serve a production vault.',
    hint: 'Use the packaged release from write-once media.',
  },
  'CONTINUITY-1': {
    message: 'This ledger is closed. Nothing is added to it.',
    hint: 'It can be read and verified. A new vault begins a ledger of its own.',
  },
  'CONTINUITY-2': {
    message: 'This ledger was moved to another workstation, and this one is retired.',
    hint: 'Go on at the other workstation. Here the ledger can be read and verified.',
  },
  'CONTINUITY-3': {
    message: 'This ledger was succeeded by another one.',
    hint: 'Go on in the vault that succeeded it. Here the ledger can be read and verified.',
  },
  'CONTINUITY-4': {
    message: 'The ledger cannot end now: a ceremony is open, or an act has no outcome.',
    hint: 'Finish or stop the ceremony, and have the token asked what became of the act.',
  },
  'CONTINUITY-5': {
    message: 'The copies need two media of their own.',
    hint: 'Name two folders on two devices, outside of the data folder.',
  },
  'CONTINUITY-6': {
    message: 'A copy does not read back as it was written.',
    hint: 'Use another medium. Nothing was ended; the ledger goes on.',
  },
  'CONTINUITY-7': {
    message: 'One administrator and one witness must confirm this.',
    hint: 'Have one person of each role confirm.',
  },
  'CONTINUITY-8': {
    message: 'The copy is not whole.',
    hint: 'Use the other copy. Keep this one, and find out what happened to it.',
  },
  'CONTINUITY-9': {
    message: 'The copy ends before the head that the token or a receipt names. Entries are missing at its end.',
    hint: 'Look for a newer copy. Without one, the vault goes on only under a new origin that names the gap.',
  },
  'CONTINUITY-10': {
    message: 'A receipt or the head on the token is not of this ledger, or names other entries than the copy holds.',
    hint: 'The copy or the receipt is of another history. Keep both and call an auditor.',
  },
  'CONTINUITY-11': {
    message: 'The ledger before this one does not fit its first entry.',
    hint: 'Look for the right folder. If this is it, one of the two was changed: call an auditor.',
  },
  'CONTINUITY-12': {
    message: 'Between the ledger before this one and its first entry, entries are missing.',
    hint: 'That was declared and agreed on when this ledger began. It stays a finding for ever.',
  },
  'CONTINUITY-13': {
    message: 'The ledger was restored from a copy, and no receipt was shown.',
    hint: 'Have everybody who holds a receipt show it. Only that finds what copy and token have both forgotten.',
  },
  'IPC-1': {
    message: 'A call was refused at the boundary.',
    hint: 'It did not come from the window, or had the wrong shape or size.',
  },
  ...KEY_RULES,
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;

export const isRuleId = (id: string): id is RuleId => Object.hasOwn(RULES, id);

/** The refusal by a rule, as data. `detail` adds the particular to the general sentence. */
export const refusal = (policy: RuleId, detail?: string): Failure => ({
  code: 'refused',
  policy,
  message: detail === undefined ? RULES[policy].message : `${RULES[policy].message} ${detail}`,
  hint: RULES[policy].hint,
});

export const refuse = (policy: RuleId, detail?: string): Result<never> => fail(refusal(policy, detail));
