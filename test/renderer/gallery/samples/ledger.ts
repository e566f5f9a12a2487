import { FINGERPRINT } from './status.ts';
import type { LedgerView } from '../../../../renderer/screens/ledger/view.ts';
import type { ProofLevel } from '../../../../renderer/ui/ledger/proof.ts';

const entry = (number: number, time: string, event: string, detail: string, by: string, hash: string) => ({
  number,
  time,
  event,
  detail,
  by,
  hash,
});
const level = (
  computed: string,
  covers: string,
  supplied: string,
  suppliedCovers: string,
  suppliedSide: 'left' | 'right',
): ProofLevel => ({
  computed: { hash: computed, covers },
  supplied: { hash: supplied, covers: suppliedCovers },
  suppliedSide,
});

export const ledger: LedgerView = {
  ceremonies: [
    { id: 'CER-2026-014', date: '2026-03-18', title: 'Generate a code-signing key', first: 168, last: 207 },
    { id: 'CER-2026-009', date: '2026-02-24', title: 'Activate the OCSP signer', first: 139, last: 167 },
    { id: 'CER-2026-003', date: '2026-01-15', title: 'Generate the OCSP signer', first: 104, last: 138 },
    { id: 'CER-2025-061', date: '2025-11-03', title: 'Mark the VPN key compromised', first: 82, last: 103 },
    { id: 'CER-2025-048', date: '2025-09-09', title: 'Inspect the HSM, quarter 3', first: 70, last: 81 },
    { id: 'CER-2025-007', date: '2025-02-01', title: 'Activate the document key', first: 47, last: 69 },
  ],
  chosen: 'CER-2026-014',
  total: 207,
  matching: 40,
  events: [
    { value: 'step.done', label: 'Step done' },
    { value: 'approval.given', label: 'Plan approved' },
  ],
  people: [
    { value: 'administrator-1', label: 'Ruth Halvorsen' },
    { value: 'custodian-1', label: 'Idris Okonjo' },
  ],
  entries: [
    entry(192, '09:56:10', 'Step 10 done', 'Make and verify a test signature', 'RH AV', '9367 6613'),
    entry(191, '09:55:44', 'Test signature verified', 'Over nonce from SB', 'WS', 'd1e6 9674'),
    entry(190, '09:53:01', 'Step 9 done', 'Read the fingerprint aloud', 'RH SB', '3917 53b0'),
    entry(189, '09:52:38', 'Fingerprint recorded', 'ALD-CS-2026-A public key', 'AV', 'c7ba 92aa'),
    entry(188, '09:47:05', 'Step 8 done', 'Read back the key attributes', 'RH SB', 'f709 f2b2'),
    entry(187, '09:46:20', 'Attributes read back', '14 of 14 as planned', 'WS', '914c f1e5'),
    entry(186, '09:43:02', 'Step 7 done', 'Generate the key pair', 'RH AV', '8c08 f1ec'),
    entry(185, '09:42:31', 'Key pair generated', 'ALD-CS-2026-A', 'IO', '9634 3d67'),
    entry(184, '09:40:55', 'Step 7 started', 'Generate the key pair', 'RH', '1206 eebc'),
    entry(183, '09:36:52', 'Step 6 done', 'Approve the plan', 'IO MS', '6153 eb44'),
    entry(182, '09:36:40', 'Plan approved', 'Custodian 2, quorum reached', 'MS', '3fe6 e360'),
    entry(181, '09:35:12', 'Plan approved', 'Custodian 1', 'IO', '90a0 bd49'),
    entry(180, '09:33:40', 'Plan presented', 'PLAN-014 read aloud', 'RH', '5d8f 91e3'),
    entry(179, '09:27:31', 'Step 5 done', 'Log in to the token', 'IO MS', 'dc04 b2ca'),
  ],
  verification: {
    good: true,
    title: 'All four checks pass',
    detail: ['Entries 1 to 203 are signed, 204 to 207 chained only.', 'Run on this workstation at 08:14:52 UTC.'],
    checks: [
      {
        name: 'Hash chain',
        detail: '207 links, none broken',
        not: 'Limit: that no second ledger exists.',
        verdict: 'pass',
      },
      {
        name: 'Merkle root',
        detail: 'Equals checkpoint 203',
        not: 'Limit: that no second ledger exists.',
        verdict: 'pass',
      },
      {
        name: 'Checkpoint signature',
        detail: 'By key ALD-LEDGER-2024',
        not: 'Limit: that no second ledger exists.',
        verdict: 'pass',
      },
      {
        name: 'Cosignatures',
        detail: '2 of 2: A. de Vries, S. Brandt',
        not: 'Limit: that no second ledger exists.',
        verdict: 'pass',
      },
    ],
    findings: [
      {
        id: 'CLOCK-3',
        what: 'Entry 139: Within one boot the wall clock and the monotonic clock moved apart, so the wall clock was set. By 3,600,004 ms.',
        not: 'Does not prove: That the clock was right. Times are what the workstation believed.',
        toDo: 'What to do: Read the entries at these places; a clock that was set is no proof of tampering.',
      },
    ],
  },
  selected: 185,
  detail: {
    number: 185,
    time: '2026-03-18 09:42:31',
    type: 'act.result',
    ceremony: 'CER-2026-014',
    hash: FINGERPRINT,
    sealed: true,
    leaf: '{"ceremony":"CER-2026-014","data":{"act":"key.generate","outcome":"committed"},"seq":185,"v":1}',
    disclosed: [{ name: 'token_label', value: 'ALDERMOOR-CS-A' }],
  },
  proof: {
    title: 'Entry 185 is in the ledger',
    summary: 'Inclusion proof: entry 185 combined with 8 given hashes yields the root of 203 entries.',
    levels: [
      level('5124 6b5b', 'entry 185', '3d58 154a', 'entry 186', 'right'),
      level('bdba b049', '185 to 186', '559d 4257', '187 to 188', 'right'),
      level('dcc5 4766', '185 to 188', '95dd 7128', '189 to 192', 'right'),
      level('16af 9643', '185 to 192', 'b2a5 3c4b', '177 to 184', 'left'),
      level('d81c 112d', '177 to 192', '6655 5220', '161 to 176', 'left'),
      level('ece9 fc76', '161 to 192', '8b5b 2d0b', '129 to 160', 'left'),
      level('8f6b c94d', '129 to 192', '15a0 d58f', '193 to 203', 'right'),
      level('752f 2d60', '129 to 203', '2468 9cc9', '1 to 128', 'left'),
    ],
    root: { hash: 'e50b f434', covers: 'root of 203' },
  },
};
