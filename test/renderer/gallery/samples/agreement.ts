import type { AgreementView, DriftView } from '../../../../contract/agreement-views.ts';

/** A drift of each kind, about one key and about an object of nobody. */
export const drifts = (key: string, label: string): readonly DriftView[] => [
  {
    sha256: '1'.repeat(64),
    rule: 'DRIFT-1',
    kind: 'flag-changed',
    key,
    half: 'private',
    sentence: `CKA_SIGN of the private key of ${label} reads false on the HSM. By its state it is true.`,
    hint: 'Somebody with the PIN changed it. Set it back by a ceremony, or record what the HSM says, with a reason.',
    cure: 'Set CKA_SIGN of the private key to true',
    acceptance: 'Accept what it reads',
  },
  {
    sha256: '2'.repeat(64),
    rule: 'DRIFT-2',
    kind: 'object-missing',
    key,
    half: 'public',
    sentence: `The public key of ${label} is not on the HSM. The ledger says that it is.`,
    hint: 'It cannot be brought back from here. Find out who removed it, and record it by a ceremony.',
    cure: null,
    acceptance: 'Record that it is gone: as destroyed where the profile has that way, otherwise as lost',
  },
  {
    sha256: '3'.repeat(64),
    rule: 'DRIFT-3',
    kind: 'unknown-object',
    key: null,
    half: 'private',
    sentence: 'The ledger does not have this private key on the HSM: “stranger”, CKA_ID 4242.',
    hint: 'Find out whose it is. Have it destroyed, or acknowledged with a reason, by a ceremony.',
    cure: 'Destroy the private key 4242',
    acceptance: 'Acknowledge that it is there',
  },
];

export const enforced: NonNullable<AgreementView['enforcement']> = {
  seq: 14,
  time: '2026-03-18T09:02:40.000Z',
  lines: [
    {
      by: 'device',
      text: 'A right that is taken away is refused by the device.',
      rv: 'CKR_KEY_FUNCTION_NOT_PERMITTED',
    },
    {
      by: 'procedure',
      text: 'Whoever has the PIN can give a right back. That nobody does is kept by procedure, not by the device.',
      rv: '',
    },
    {
      by: 'device',
      text: 'The device does not copy a key that may not be copied.',
      rv: 'CKR_ACTION_PROHIBITED',
    },
    {
      by: 'neither',
      text: 'Dates of a key can be set, and cannot be read back. The ledger alone has them.',
      rv: 'CKR_GENERAL_ERROR',
    },
  ],
};

export const agreeing: AgreementView = {
  last: { seq: 180, time: '2026-03-18T10:20:11.000Z', objects: 7, unreadable: 12, found: 0 },
  looked: '2026-03-18T10:31:40.000Z',
  progress: null,
  problem: null,
  findings: [],
  enforcement: enforced,
};
