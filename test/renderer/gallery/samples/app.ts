import type { CosignView } from '../../../../contract/receipt-views.ts';
import type { AppView, CeremonyView, KeyView, PersonView, VaultView } from '../../../../contract/views.ts';
import type { KeyDetailView } from '../../../../contract/key-views.ts';
import type { Due } from '../../../../core/lifecycle/cryptoperiod.ts';
import { NIST_R5 } from '../../../../core/lifecycle/profiles/nist-sp800-57.ts';
import { halvesOf, objectsOf } from '../../../../core/lifecycle/purpose.ts';
import { edgesOf, lifecycleView, usesOf } from '../../../../electron/view/key-detail.ts';
import { anchorWords, refusalShown } from '../../../../core/ledger/anchor-words.ts';
import { agreeing, drifts } from './agreement.ts';
import { modules } from './modules.ts';
import { FINGERPRINT, PLAN } from './status.ts';

const ROOT = `35a68d73${'0'.repeat(52)}827f`;

const person = (id: string, role: PersonView['role'], name: string, initials: string): PersonView => ({
  person: id,
  role,
  name,
  initials,
  key: FINGERPRINT,
  medium: `${id}-${name.toLowerCase().replaceAll(' ', '-')}`,
  credential: 'key-file',
});

export const people: readonly PersonView[] = [
  person('administrator-1', 'administrator', 'Ruth Halvorsen', 'RH'),
  person('custodian-1', 'custodian', 'Idris Okonjo', 'IO'),
  person('custodian-2', 'custodian', 'Mei Sato', 'MS'),
  person('custodian-3', 'custodian', 'Tomás Ferreira', 'TF'),
  person('witness-1', 'witness', 'Anneke de Vries', 'AV'),
];

const before: AppView = {
  phase: 'first-run',
  opening: null,
  verifying: null,
  refusal: null,
  software: { name: 'Conclave Test', version: '0.1.0', testBuild: true, manifest: PLAN },
  status: {
    airGap: { interfacesUp: [] },
    hsm: { state: 'none', label: '', serial: '', pinFlags: [] },
    ledger: null,
    environment: null,
  },
  setup: {
    predecessor: null,
    step: 'hsm',
    modules: [],
    choice: null,
    people: [],
    required: 2,
    vaultName: '',
    cosign: false,
    profile: 'nist-sp800-57@r5',
    preset: 'general',
    mediaFolder: '/home/ceremony/conclave/media',
    missing: [],
    unfinished: false,
  },
  vault: null,
  ceremony: null,
  ceremonies: [],
  keys: { count: 0, changed: -1, due: [], dueCount: 0 },
  agreement: null,
  cosign: null,
  notices: [],
  work: null,
};

const setup = (part: Partial<AppView['setup']>): AppView => ({ ...before, setup: { ...before.setup, ...part } });
const rehearsal = { kind: 'rehearsal' } as const;
const token = {
  kind: 'token',
  library: modules[0]?.library ?? '',
  label: 'ALDERMOOR-CS-A',
  serial: '7A20-4471',
  root: { label: 'ALDERMOOR-ROOT', serial: '7A20-4472' },
} as const;

const vault: VaultView = {
  id: 'be59e631-93c5-4f28-9e41-fa8bbe161dd5',
  name: 'Rehearsal Vault A',
  environment: 'rehearsal',
  created: '2026-03-18T09:02:51.000Z',
  custody: 'operator-pin',
  profile: 'nist-sp800-57@r5',
  hsm: { label: 'conclave-rehearsal', serial: '18864e70379732b2', model: 'SoftHSM v2' },
  people,
  thresholds: [
    { action: 'sync-hsm', required: 2, of: 3 },
    { action: 'record-hsm', required: 2, of: 3 },
    { action: 'generate', required: 2, of: 3 },
    { action: 'activate', required: 2, of: 3 },
  ],
  reading: { reading: '2026-03-18T08:10:00Z', uncertainty: 2, seq: 3, bound: 3 },
  policySha256: ROOT,
  genesisSha256: FINGERPRINT,
  operatorRootSha256: PLAN,
  logKey: `conclave.example/vault/be59e631-93c5-4f28-9e41-fa8bbe161dd5+1c8fc5bb+${'A'.repeat(120)}`,
  folders: {
    data: '/home/ceremony/conclave',
    genesis: '/home/ceremony/conclave/vault/genesis.json',
    exports: '/home/ceremony/conclave/exports',
    ledger: '/home/ceremony/conclave/vault/ledger',
  },
};

/** A head that two of three custodians have cosigned, one of them took it home, and the witness signed an older one. */
const cosign: CosignView = {
  head: { size: 180, root: ROOT },
  due: null,
  opening: 'presented',
  required: false,
  people: people.map(({ person: id, role, name }) => ({
    person: id,
    role,
    name,
    credential: 'key-file',
    cosigns: role !== 'administrator',
    cosigned:
      {
        'custodian-1': { size: 180, time: '2026-03-18T10:21:07.000Z', signedOn: 'ceremony-workstation' as const },
        'custodian-2': { size: 180, time: '2026-03-18T10:22:40.000Z', signedOn: 'ceremony-workstation' as const },
        'witness-1': { size: 142, time: '2026-02-11T15:00:12.000Z', signedOn: 'off-host' as const },
      }[id] ?? null,
    receipt: id === 'custodian-1' ? { size: 180, time: '2026-03-18T10:24:51.000Z' } : null,
  })),
};

const ceremony: CeremonyView = {
  ceremony: 'CER-2026-014',
  title: 'Generate a signing key',
  environment: 'rehearsal',
  plan: {
    sha256: PLAN,
    scriptSha256: FINGERPRINT,
    label: 'ALD-CS-2026-A',
    purpose: 'sign',
    mechanism: 'ec-p384',
    does: {
      change: null,
      initialState: 'active',
      recovery: { kind: 'none', reason: 'A new key is certified if this one is lost.' },
      rotation: null,
    },
    attributes: [
      { name: 'CKA_SENSITIVE', value: true, half: 'private', meaning: 'Never shown in the clear' },
      { name: 'CKA_EXTRACTABLE', value: false, half: 'private', meaning: 'Cannot leave, even wrapped' },
      { name: 'CKA_VERIFY', value: true, half: 'public', meaning: 'May verify' },
    ],
    created: '2026-03-18T09:10:04.000Z',
    expires: '2026-03-25T09:10:04.000Z',
  },
  steps: [],
  current: 0,
  people: [],
  quorum: null,
  ready: [],
  feed: [],
  key: null,
  predecessor: null,
  openIntent: null,
  bundle: null,
  outcome: 'completed',
};

const ready: AppView = {
  ...before,
  phase: 'ready',
  status: {
    airGap: { interfacesUp: [] },
    hsm: { state: 'logged-out', label: vault.hsm.label, serial: vault.hsm.serial, pinFlags: [] },
    ledger: {
      size: 184,
      root: ROOT,
      sealed: 180,
      anchor: anchorWords(
        {
          state: 'checked',
          at: 'login',
          verdict: { state: 'chained-only', size: 171, following: 3, unsealed: null, heads: 1, foreign: 0 },
        },
        4,
      ),
    },
    environment: 'rehearsal',
  },
  setup: { ...before.setup, step: 'seal', choice: rehearsal, people, vaultName: vault.name },
  vault,
  cosign,
};
const held: AppView = {
  ...ready,
  ceremony,
  ceremonies: [
    {
      ceremony: 'CER-2026-014',
      title: 'Generate a signing key',
      from: 28,
      to: 96,
      opened: '2026-03-18T09:10:04.000Z',
      outcome: 'completed',
      calls: { made: 46, writes: 31, findings: 0 },
    },
  ],
};

const quorum = { required: 2, of: 3 };
const key: KeyView = {
  key: '772e01c4a91b0c3344de8f10276b5a90c1e2d3f4',
  label: 'ALD-CS-2026-A',
  mechanism: 'ec-p384',
  purpose: 'sign',
  recovery: 'none',
  privateState: 'active',
  publicState: 'active',
  spkiSha256: FINGERPRINT,
  created: '2026-03-18T09:20:11.000Z',
  active: '2026-03-18T09:31:42.000Z',
  history: [
    { seq: 41, time: '2026-03-18T09:20:11.000Z', half: 'private', from: 'none', to: 'pre-active', by: 'IO MS' },
    { seq: 72, time: '2026-03-18T09:31:42.000Z', half: 'private', from: 'pre-active', to: 'active', by: 'IO TF' },
  ],
  attributes: [
    { name: 'CKA_SIGN', value: true, half: 'private' },
    { name: 'CKA_VERIFY', value: true, half: 'public' },
  ],
  expected: [
    { name: 'CKA_SIGN', value: true, half: 'private' },
    { name: 'CKA_VERIFY', value: true, half: 'public' },
  ],
  enforced: null,
  predecessor: null,
  successor: null,
  enabled: true,
  destroyAfter: null,
  may: ['sign', 'verify'],
  changes: [
    {
      change: 'suspend',
      recipe: 'suspend-key@1',
      to: { private: 'suspended', public: 'suspended' },
      quorum,
      warning: null,
    },
    {
      change: 'compromise',
      recipe: 'report-compromise@1',
      to: { private: 'compromised', public: 'compromised' },
      quorum,
      warning: 'A key that was reported compromised is never used again. The report itself cannot be taken back.',
    },
    {
      change: 'rotate',
      recipe: 'rotate-key@1',
      to: { private: 'active', public: 'active' },
      quorum,
      warning: null,
    },
    {
      change: 'set-cryptoperiod',
      recipe: 'set-cryptoperiod@1',
      to: { private: 'active', public: 'active' },
      quorum,
      warning: null,
    },
    {
      change: 'destroy',
      recipe: 'destroy-key@1',
      to: { private: 'destroyed', public: 'destroyed' },
      quorum: null,
      warning: 'A destroyed key cannot be brought back.',
    },
  ],
  compromises: [],
  readAt: 72,
  ceremony: 'CER-2026-014',
};
/** A key in full, by the table of its profile. */
const detailed = (view: KeyView): KeyDetailView => ({
  ...view,
  lifecycle: lifecycleView(NIST_R5),
  objects: halvesOf(objectsOf(view.purpose, view.mechanism) ?? {}).map((object) => {
    const type = objectsOf(view.purpose, view.mechanism)![object]!;
    const state = object === 'public' ? (view.publicState ?? '') : view.privateState;
    const of = (list: KeyView['attributes']) => list.filter(({ half }) => half === object);
    return {
      object,
      type,
      state,
      edges: edgesOf(NIST_R5, type),
      uses: usesOf(NIST_R5, type, state, of(view.attributes)),
      attributes: of(view.expected).map(({ name, value: ledger }) => {
        const hsm = of(view.attributes).find((one) => one.name === name)?.value ?? null;
        return { name, ledger, hsm, differs: ledger !== hsm };
      }),
    };
  }),
  periods: {
    begin: '2026-03-18',
    originator: { end: '2029-03-18', by: 'table' },
    recipient: null,
  },
  due: view.privateState === 'active' ? [due] : [],
});
const due: Due = {
  rule: 'PERIOD-1',
  key: key.key,
  label: key.label,
  end: '2029-03-18',
  by: 'table',
  days: 41,
  sentence: `Originator use of ${key.label} ends on 2029-03-18, by SP 800-57 Part 1 Rev. 5, section 5.3.6, Table 1: no period is recorded.`,
  plan: { change: 'rotate', key: key.key, reason: 'Its originator use ends.', label: 'ALD-CS-2026-B', fate: 'keep' },
};
const keysOf = (view: KeyView): AppView['keys'] => ({
  count: 1,
  changed: view.readAt,
  due: detailed(view).due,
  dueCount: detailed(view).due.length,
});

/** What the bridge of the gallery tells of the keys of a sample. */
export const details = (app: AppView): readonly KeyDetailView[] =>
  app.keys.count === 0 ? [] : [detailed(app.keys.dueCount > 0 ? key : compromised)];

const withKey: AppView = { ...held, keys: keysOf(key) };
const compromised: KeyView = {
  ...key,
  privateState: 'compromised',
  publicState: 'compromised',
  enforced: 'procedure',
  may: [],
  compromises: [
    { reason: 'key-compromise', believed: '2026-03-01T09:30:00Z', seq: 140, time: '2026-04-02T10:00:00.000Z' },
  ],
  changes: key.changes.filter(({ change }) => change === 'destroy'),
};
const afterwards: AppView = { ...held, keys: keysOf(compromised) };

/** The snapshot after the seal, which the bridge of the gallery hands out when it is asked to seal. */
export const sealed = ready;

/** Snapshots by the name under which the gallery shows them. */
const [{ key: KEY_ID, label: LABEL }] = details(withKey) as [KeyDetailView];

const drifted: AppView = {
  ...ready,
  agreement: {
    ...agreeing,
    last: { seq: 182, time: '2026-03-19T08:02:11.000Z', objects: 9, unreadable: 12, found: 3 },
    findings: drifts(KEY_ID, LABEL),
  },
};

export const apps: Readonly<Record<string, AppView>> = {
  'first-run': setup({}),
  'first-run-modules': setup({ modules, choice: token }),
  'first-run-problem': setup({ modules: modules.slice(1) }),
  unfinished: setup({ unfinished: true }),
  'people-step': setup({
    step: 'people',
    choice: rehearsal,
    people: people.slice(0, 3),
    missing: ['Enrol a witness.'],
  }),
  'ledger-step': setup({ step: 'ledger', choice: rehearsal, people }),
  'seal-step': setup({ step: 'seal', choice: rehearsal, people, vaultName: vault.name }),
  'seal-step-token': setup({ step: 'seal', choice: token, people, vaultName: 'Vault B' }),
  'ceremonies-none': ready,
  ceremonies: held,
  interrupted: {
    ...held,
    ceremony: { ...ceremony, outcome: 'completed', openIntent: { seq: 41, act: 'key.generate' } },
  },
  people: ready,
  receipts: ready,
  'receipts-due': {
    ...held,
    status: { ...ready.status, environment: 'production' },
    vault: { ...vault, environment: 'production' },
    cosign: {
      ...cosign,
      opening: 'asked',
      required: true,
      due: { custodians: { required: 2, given: 1 }, witnesses: { required: 1, given: 0 } },
    },
  },
  hsm: { ...ready, agreement: agreeing },
  'hsm-drift': drifted,
  'hsm-inventory': { ...ready, agreement: { ...agreeing, progress: { done: 1_280, total: 9_412 } } },
  'agree-sync': drifted,
  'agree-record': drifted,
  'frozen-agree': {
    ...drifted,
    ceremony: {
      ...ceremony,
      title: 'Bring the HSM to the ledger',
      outcome: 'open',
      plan: {
        ...ceremony.plan,
        label: '',
        mechanism: null,
        attributes: [],
        does: {
          change: 'sync-hsm',
          reason: 'Found at the yearly inspection.',
          findings: drifts(KEY_ID, LABEL)
            .filter(({ cure }) => cure !== null)
            .map(({ sha256, rule, sentence, cure }) => ({ sha256, rule, sentence, cure: cure ?? '' })),
        },
      },
    },
  },
  'key-drift': { ...withKey, agreement: { ...agreeing, findings: drifts(KEY_ID, LABEL) } },
  continuity: ready,
  succeeding: setup({
    predecessor: {
      origin: 'conclave.example/vault/be59e631-93c5-4f28-9e41-fa8bbe161dd5',
      size: 171,
      root: PLAN,
      by: 'quorum',
      missing: 12,
      required: 2,
      custodians: people
        .filter(({ role }) => role === 'custodian')
        .map(({ person, name }, i) => ({ person, name, approved: i === 0 })),
      agreed: false,
    },
  }),
  plan: ready,
  'change-suspend': withKey,
  'change-compromise': withKey,
  'change-destroy': withKey,
  'change-rotate': withKey,
  'change-cryptoperiod': withKey,
  'key-active': withKey,
  'key-compromised': afterwards,
  frozen: held,
  'frozen-change': {
    ...withKey,
    ceremony: {
      ...ceremony,
      title: 'Report a key as compromised',
      plan: {
        ...ceremony.plan,
        does: {
          change: 'compromise',
          key: key.key,
          reason: 'A laptop with a copy of the PIN was lost.',
          compromise: { reason: 'key-compromise', believed: '2026-03-01T09:30:00Z' },
          newLabel: null,
          cryptoperiod: null,
          hold: null,
        },
      },
    },
  },
  notices: {
    ...held,
    work: { title: 'Generating the key pair', done: 0, total: 0, detail: '' },
    notices: [
      {
        id: 'intent-41',
        tone: 'bad',
        message: 'Entry 41 says that an act (key.generate) began. No outcome was recorded.',
        hint: 'Log in. The workstation then asks the token what it holds, and records it once.',
        policy: 'STEP-4',
      },
      {
        id: 'tail-12',
        tone: 'warn',
        message: 'The last line of the journal was unfinished (12 bytes). It was kept in quarantine.',
        hint: 'Nothing that was acknowledged is lost.',
        policy: null,
      },
    ],
  },
  opening: { ...before, phase: 'opening', opening: { done: 12_400, total: 100_000, stopped: false } },
  'opening-stopped': { ...before, phase: 'opening', opening: { done: 12_400, total: 100_000, stopped: true } },
  refused: {
    ...before,
    phase: 'refused',
    refusal: {
      policy: 'LEDGER-1',
      message: 'The journal on disk does not verify.',
      hint: 'Do not use this workstation. Export the ledger folder and call an auditor.',
      shown: refusalShown('LEDGER-1'),
    },
  },
};
