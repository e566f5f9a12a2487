import type { KeyRow, KeysView } from '../../../../renderer/screens/keys/view.ts';
import { NIST_R5 } from '../../../../core/lifecycle/profiles/nist-sp800-57.ts';
import { lifecycleView, usesOf } from '../../../../electron/view/key-detail.ts';
import { nist } from './lifecycle.ts';
import { FINGERPRINT } from './status.ts';

type Span = readonly [string, string];
const row = (
  label: string,
  purpose: string,
  algorithm: string,
  state: KeyRow['state'],
  originator: Span,
  recipient: Span,
  more: Partial<KeyRow> & { cutShort?: string } = {},
): KeyRow => {
  const { cutShort, ...rest } = more;
  return {
    id: label,
    label,
    purpose,
    algorithm,
    state,
    drift: 'none',
    period: {
      originator: { from: originator[0], to: originator[1] },
      recipient: { from: recipient[0], to: recipient[1] },
      cutShort,
    },
    ...rest,
  };
};

const rows: readonly KeyRow[] = [
  row(
    'ALD-CS-2026-A',
    'Code signing',
    'P-384',
    'pre-active',
    ['2026-05-01', '2028-05-01'],
    ['2026-05-01', '2032-05-01'],
  ),
  row('ALD-CS-2024-A', 'Code signing', 'P-384', 'active', ['2024-05-01', '2026-05-01'], ['2024-05-01', '2031-05-01'], {
    note: 'Signing ends in 11 days',
  }),
  row(
    'ALD-DOC-KEK-2025',
    'Wraps document keys',
    'AES-256',
    'active',
    ['2025-02-01', '2027-02-01'],
    ['2025-02-01', '2030-02-01'],
  ),
  row(
    'ALD-OCSP-2026-1',
    'OCSP responder',
    'RSA-3072',
    'active',
    ['2026-02-24', '2027-02-24'],
    ['2026-02-24', '2028-02-24'],
  ),
  row(
    'ALD-TSA-2024-1',
    'Time-stamping',
    'P-256',
    'suspended',
    ['2024-03-01', '2027-03-01'],
    ['2024-03-01', '2032-03-01'],
    {
      cutShort: '2026-04-11',
      drift: 'differs',
    },
  ),
  row(
    'ALD-ARCHIVE-KEK-2021',
    'Wraps archive keys',
    'AES-256',
    'deactivated',
    ['2021-06-01', '2023-06-01'],
    ['2021-06-01', '2026-04-01'],
  ),
  row(
    'ALD-TLS-2022-B',
    'TLS issuing CA',
    'RSA-4096',
    'deactivated',
    ['2022-04-01', '2025-04-01'],
    ['2022-04-01', '2027-04-01'],
  ),
  row(
    'ALD-VPN-2023-1',
    'VPN gateway identity',
    'P-256',
    'compromised',
    ['2023-09-01', '2026-09-01'],
    ['2023-09-01', '2027-09-01'],
    {
      cutShort: '2025-11-03',
    },
  ),
  row(
    'ALD-CS-2022-A',
    'Code signing',
    'P-384',
    'destroyed',
    ['2022-05-01', '2024-05-01'],
    ['2022-05-01', '2029-05-01'],
    { gone: true },
  ),
  {
    id: '9f3c11d0',
    label: undefined,
    purpose: 'CKA_ID 9f3c 11d0',
    algorithm: 'AES-128',
    state: 'not-recorded',
    drift: 'not-in-ledger',
  },
];

const NAMES = new Map(NIST_R5.states.map(({ state, name }) => [state, name]));
const STATES = ['pre-active', 'active', 'suspended', 'deactivated', 'compromised', 'destroyed', 'not-recorded'];

export const keys: KeysView = {
  axis: { fromYear: 2021, toYear: 2032 },
  today: '2026-04-20',
  count: rows.length,
  total: rows.length,
  filter: {},
  states: STATES.map((state) => ({
    state,
    name: NAMES.get(state) ?? 'Not recorded',
    count: rows.filter((one) => one.state === state).length,
  })),
  dueCount: 1,
  driftCount: 2,
  row: (index) => rows[index],
  begin: rows.findIndex(({ id }) => id === 'ALD-TSA-2024-1'),
  due: [],
  detail: {
    id: 'ALD-TSA-2024-1',
    label: 'ALD-TSA-2024-1',
    summary: 'Time-stamping, P-256, CKA_ID 772e 01c4',
    state: 'suspended',
    lifecycle: lifecycleView(NIST_R5),
    halves: 'Both halves are suspended.',
    fingerprint: FINGERPRINT,
    objects: [
      {
        object: 'private',
        type: 'private-signature',
        state: 'suspended',
        edges: nist.map(({ from, to }) => ({ from, to, note: '' })),
        uses: usesOf(NIST_R5, 'private-signature', 'suspended', [{ name: 'CKA_SIGN', value: true }]),
        attributes: [
          { name: 'CKA_LABEL', ledger: 'ALD-TSA-2024-1', hsm: 'ALD-TSA-2024-1', differs: false },
          { name: 'CKA_SENSITIVE', ledger: true, hsm: true, differs: false },
          { name: 'CKA_SIGN', ledger: false, hsm: true, differs: true },
        ],
      },
      {
        object: 'public',
        type: 'public-verification',
        state: 'suspended',
        edges: nist.map(({ from, to }) => ({ from, to, note: '' })),
        uses: usesOf(NIST_R5, 'public-verification', 'suspended', [{ name: 'CKA_VERIFY', value: false }]),
        attributes: [{ name: 'CKA_VERIFY', ledger: false, hsm: false, differs: false }],
      },
    ],
    periods: ['Originator use: 2024-03-01 to 2027-03-01, as the ledger has it.'],
    due: [],
    readAt: 211,
    enforced: 'device',
    predecessor: null,
    successor: null,
    enabled: true,
    destroyAfter: null,
    compromises: [],
    changes: [
      { change: 'resume', means: 'The key gets the rights of an active key again.', refused: undefined },
      {
        change: 'destroy',
        means: 'Both halves are destroyed on this token, and looked for again afterwards.',
        refused: 'A ceremony is open. Finish or stop it first.',
      },
    ],
    history: [
      { at: '2026-04-11 16:20', from: 'active', to: 'suspended', entry: 211, half: undefined, initials: 'IO MS' },
      { at: '2024-03-01 10:05', from: 'pre-active', to: 'active', entry: 26, half: undefined, initials: 'MS TF' },
      { at: '2024-02-06 14:41', from: undefined, to: 'pre-active', entry: 19, half: undefined, initials: 'IO TF' },
    ],
  },
};
