import { PLAN } from './status.ts';
import type { RunnerView } from '../../../../renderer/screens/runner/view.ts';

const done = (number: number, activity: string, time: string, initials: string) =>
  ({ number, activity, state: 'done', time, initials }) as const;
const next = (number: number, activity: string) => ({ number, activity, state: 'next' }) as const;

export const runner: RunnerView = {
  script: {
    title: 'Generate a code-signing key',
    meta: 'Script 014, version 4. 6 of 14 done.',
    steps: [
      done(1, 'Check the room and the recording', '09:02:51', 'RH AV'),
      done(2, 'Check the workstation seal and air gap', '09:08:41', 'RH AV'),
      done(3, 'Match the tamper bags', '09:14:30', 'RH AV'),
      done(4, 'Read the ledger root aloud', '09:19:20', 'RH SB'),
      done(5, 'Approve the plan', '09:27:31', 'IO MS'),
      done(6, 'Log in to the token', '09:36:52', 'IO MS'),
      { number: 7, activity: 'Generate the key pair', state: 'current', time: '09:40:55' },
      next(8, 'Read back the key attributes'),
      next(9, 'Read the fingerprint aloud'),
      next(10, 'Make and verify a test signature'),
      next(11, 'Set the key state: pre-active'),
      next(12, 'Sign and cosign the checkpoint'),
      next(13, 'Export the attestation bundle'),
      next(14, 'Log out, re-bag the HSM, close'),
    ],
  },
  stage: {
    key: 'CER-2026-014/generate',
    eyebrow: 'Step 7 of 14',
    announcement: 'Step 7 of 14. Generate the signing key pair inside the HSM',
    ledBy: 'Ruth Halvorsen, Administrator',
    title: 'Generate the signing key pair inside the HSM',
    say: {
      who: 'Administrator',
      keep: 'ALD-CS-2026-A',
      words:
        'The HSM will now create a new key pair, ALD-CS-2026-A. The private key is made inside the device and cannot leave it. I generate it now.',
    },
    parameters: {
      title: 'Plan as approved in step 5, digest ',
      planSha256: PLAN,
      mustBeSeen: true,
      rows: [
        { name: 'CKM_EC_KEY_PAIR_GEN', value: 'P-384', meaning: 'ECDSA, curve secp384r1' },
        { name: 'CKA_LABEL', value: 'ALD-CS-2026-A', meaning: 'Not in use on this token' },
        { name: 'CKA_SENSITIVE', value: 'true', meaning: 'Never shown in the clear' },
        { name: 'CKA_EXTRACTABLE', value: 'false', meaning: 'Cannot leave, even wrapped' },
        { name: 'CKA_SIGN', value: 'true', meaning: 'May sign, and nothing else' },
        { name: 'CKA_COPYABLE', value: 'false', meaning: 'Cannot be duplicated' },
      ],
      all: [
        { name: 'CKM_EC_KEY_PAIR_GEN', value: 'P-384', meaning: 'ECDSA, curve secp384r1' },
        { name: 'CKA_LABEL', value: 'ALD-CS-2026-A', meaning: 'Not in use on this token (private key)' },
        { name: 'CKA_TOKEN', value: 'true', meaning: 'Kept in the token, not in a session (private key)' },
        { name: 'CKA_PRIVATE', value: 'true', meaning: 'Seen only after login (private key)' },
        { name: 'CKA_SENSITIVE', value: 'true', meaning: 'Never shown in the clear (private key)' },
        { name: 'CKA_EXTRACTABLE', value: 'false', meaning: 'Cannot leave, even wrapped (private key)' },
        { name: 'CKA_SIGN', value: 'true', meaning: 'May sign, and nothing else (private key)' },
        { name: 'CKA_COPYABLE', value: 'false', meaning: 'Cannot be duplicated (private key)' },
      ],
    },
    ready: [
      { text: 'Quorum 2 of 3 approved this plan', met: true },
      { text: 'Token session open', met: true },
      { text: 'Label free', met: true },
    ],
    warning: 'A key made in error can only be destroyed.',
    act: { label: 'Generate key pair', hold: 2, danger: false, rowA: PLAN.slice(0, 16) },
    exceptions: [],
    open: true,
  },
  room: {
    quorum: { required: 2, approved: 2, members: 3, action: 'generate' },
    custodians: [
      { initials: 'IO', name: 'Idris Okonjo', seat: 'Custodian 1 of 3', state: 'approved', detail: '09:35:12' },
      { initials: 'MS', name: 'Mei Sato', seat: 'Custodian 2 of 3', state: 'approved', detail: '09:36:40' },
      { initials: 'TF', name: 'Tomás Ferreira', seat: 'Custodian 3 of 3', state: 'absent', detail: 'excused' },
    ],
    others: [
      { initials: 'RH', name: 'Ruth Halvorsen', seat: 'Administrator', state: 'present' },
      { initials: 'AV', name: 'Anneke de Vries', seat: 'Internal witness', state: 'present' },
      { initials: 'SB', name: 'Samuel Brandt', seat: 'External auditor', state: 'present' },
    ],
  },
  feed: [
    { number: 184, event: 'Step 7 started', detail: '', by: 'RH', time: '09:40:55', hash: '1206 eebc' },
    { number: 183, event: 'Step 6 done', detail: '', by: 'IO MS', time: '09:36:52', hash: '6153 eb44' },
    { number: 182, event: 'Plan approved', detail: '', by: 'MS', time: '09:36:40', hash: '3fe6 e360' },
    { number: 181, event: 'Plan approved', detail: '', by: 'IO', time: '09:35:12', hash: '90a0 bd49' },
    { number: 180, event: 'Plan presented', detail: '', by: 'RH', time: '09:33:40', hash: '5d8f 91e3' },
    { number: 179, event: 'Step 5 done', detail: '', by: 'IO MS', time: '09:27:31', hash: 'dc04 b2ca' },
    { number: 178, event: 'HSM session opened', detail: '', by: 'WS', time: '09:27:03', hash: 'ab10 4946' },
  ],
};

/** The step after it, as irreversible as the first, with parameters of its own. */
export const runnerNext: RunnerView['stage'] = {
  ...runner.stage,
  key: 'CER-2026-014/activate',
  eyebrow: 'Step 8 of 14',
  title: 'Make the key active',
  announcement: 'Step 8 of 14. Make the key active',
  act: { label: 'Make the key active', hold: 2, danger: false, rowA: PLAN.slice(0, 16) },
};
