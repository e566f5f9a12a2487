import type { ApprovalView } from '../../../../renderer/screens/approval/view.ts';
import { PLAN } from './status.ts';

export const approval: ApprovalView = {
  custodian: { initials: 'MS', name: 'Mei Sato', seat: 'Custodian 2 of 3' },
  medium: 'medium 0042, folder MS',
  title: 'You are asked to approve the permanent destruction of one key',
  key: {
    label: 'ALD-ARCHIVE-KEK-2021',
    description: 'AES-256, wraps archive document keys',
    from: 'deactivated',
    to: 'destroyed',
  },
  actingStep: 7,
  consequences: [
    { kind: 'loss', words: 'The key is erased from this HSM.', strong: 'No copy of it is on record.' },
    { kind: 'loss', words: 'Archive documents still wrapped by it can never be read again.' },
    { kind: 'fact', words: 'No backup is on record. The ledger shows it was never exported.' },
    { kind: 'record', words: 'Its history stays in the ledger, with your name on this approval.' },
  ],
  claims: [
    { words: 'All archive documents were re-wrapped under ALD-DOC-KEK-2025 on 2026‑03‑30.', by: 'R. Halvorsen' },
  ],
  plan: { name: '016', sha256: PLAN },
  typed: [
    { row: 1, place: 2 },
    { row: 3, place: 0 },
  ],
  quorum: { required: 2, members: 3, approvals: [{ name: 'Idris Okonjo', time: '13:02:11' }] },
  act: {
    label: 'Approve destruction',
    notYet: 'This does not destroy the key. Step 7 does.',
    hold: 2,
    danger: true,
  },
};
