/** How the token and the ledger agree, for the Keys and HSM screens. */
import type { Crypto } from '../../core/crypto.ts';
import type { VaultState } from '../../core/ceremony/state.ts';
import type { Agreement } from '../../core/inventory/agreement.ts';
import { DRIFT_KIND, driftSha256, type Drift } from '../../core/inventory/drift.ts';
import { cureWords, driftHint, driftSentence, namesOf, recordWords } from '../../core/inventory/words.ts';
import { CLASS_OF_HALF } from '../../core/inventory/expectation.ts';
import { HALVES } from '../../core/lifecycle/states.ts';
import { labelOf } from '../../core/plan/agree.ts';
import type { AgreementView, DriftView, EnforcementLine as Line } from '../../contract/agreement-views.ts';
import type { InventoryStatus } from '../ceremony/inventory.ts';

/** Findings do not change until the next inventory, and every snapshot has them. */
const made = new WeakMap<readonly Drift[], readonly DriftView[]>();

export function agreementView(crypto: Crypto, state: VaultState, status: InventoryStatus): AgreementView {
  const { last, enforcement } = state.agreement;
  const { problem } = status;
  return {
    last: last && {
      seq: last.seq,
      time: last.time,
      objects: last.objects.reduce((sum, { count }) => sum + count, 0),
      unreadable: last.unreadable,
      found: last.found,
    },
    looked: status.looked,
    progress: status.progress,
    problem: problem && { message: problem.message, hint: problem.hint ?? '' },
    findings: driftViews(crypto, state),
    enforcement: enforcement && { seq: enforcement.seq, time: enforcement.time, lines: linesOf(enforcement) },
  };
}

/** What is still to be resolved. */
export function driftViews(crypto: Crypto, state: VaultState): readonly DriftView[] {
  const { findings } = state.agreement;
  const known = made.get(findings) ?? findings.map((finding) => driftView(crypto, state, finding));
  made.set(findings, known);
  return known;
}

/** CKA_IDs of the keys that a finding is about. */
export const drifted = ({ findings }: Agreement): ReadonlySet<string> =>
  new Set(findings.flatMap(({ key }) => key ?? []));

function driftView(crypto: Crypto, state: VaultState, finding: Drift): DriftView {
  return {
    sha256: driftSha256(crypto, finding),
    rule: finding.id,
    kind: DRIFT_KIND[finding.id],
    key: finding.key ?? null,
    half: HALVES.find((half) => CLASS_OF_HALF[half] === finding.class) ?? null,
    sentence: driftSentence(finding, namesOf(finding, labelOf(state, finding))),
    hint: driftHint(finding),
    cure: cureWords(finding),
    acceptance: recordWords(finding),
  };
}

type Enforcement = NonNullable<VaultState['agreement']['enforcement']>;

const CLEAR = {
  enforced: ['device', 'A right that is taken away is refused by the device.'],
  ignored: [
    'procedure',
    'The device takes a right away and still allows the use. States are kept by procedure, not by the device.',
  ],
  refused: ['procedure', 'The device takes no right away. States are kept by procedure, not by the device.'],
} as const;

const RESTORE = {
  works: [
    'procedure',
    'Whoever has the PIN can give a right back. That nobody does is kept by procedure, not by the device.',
  ],
  refused: ['device', 'The device gives no right back that was taken away. A suspended key cannot be resumed here.'],
} as const;

const COPY = {
  refused: ['device', 'The device does not copy a key that may not be copied.'],
  allowed: [
    'procedure',
    'The device copies a key that may not be copied. That nobody does is kept by procedure, not by the device.',
  ],
} as const;

const DATES = {
  readable: ['neither', 'Dates of a key can be set and read. No device is known to act on them.'],
  unreadable: ['neither', 'Dates of a key can be set, and cannot be read back. The ledger alone has them.'],
  refused: ['neither', 'The device keeps no dates of a key. The ledger alone has them.'],
} as const;

function linesOf({ clear, restore, copy, dates }: Enforcement): Line[] {
  const line = ([by, text]: readonly [Line['by'], string], error: { rv: string } | undefined): Line => ({
    by,
    text,
    rv: error?.rv ?? '',
  });
  return [
    line(CLEAR[clear.answer], clear.error),
    // Where no right is taken away, there is none to give back.
    ...(clear.answer === 'refused' ? [] : [line(RESTORE[restore.answer], restore.error)]),
    line(COPY[copy.answer], copy.error),
    line(DATES[dates.answer], dates.error),
  ];
}
