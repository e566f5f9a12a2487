import type { PlanOptionsView } from '../../../contract/views.ts';
import type { Mechanism, Purpose } from '../../../core/ledger/fields.ts';
import { MECHANISMS } from '../../../core/lifecycle/mechanism.ts';
import { PURPOSES } from '../../../core/lifecycle/purpose.ts';
import type { RecoveryPlan } from '../../../core/plan/plan.ts';

export type InitialState = 'pre-active' | 'active';
export type RecoveryKind = RecoveryPlan['kind'];

export const RECOVERIES = ['none', 'vendor-clone'] as const satisfies readonly RecoveryKind[];

/** Every purpose, the one most often wanted first. */
export const PURPOSE_NAMES = [...new Set(PURPOSES.map(({ purpose }) => purpose))];

/** The kinds of key that are most often wanted, first; the others follow as the table of purposes has them. */
const WANTED: readonly Mechanism[] = ['ec-p384', 'ec-p256', 'rsa-3072', 'rsa-4096', 'aes-256', 'hmac-sha256'];

export interface KindOption {
  readonly mechanism: Mechanism;
  readonly name: string;
  /** Why it cannot be made here, in words; null where it can, or where nobody knows yet. */
  readonly refused: string | null;
}

/** The kinds of key for a purpose, with what stands against each. */
export function kindsFor(purpose: Purpose, options: PlanOptionsView | undefined): readonly KindOption[] {
  const rank = (mechanism: Mechanism): number => (WANTED.indexOf(mechanism) + WANTED.length + 1) % (WANTED.length + 1);
  return PURPOSES.filter((row) => row.purpose === purpose)
    .flatMap(({ mechanisms }) => mechanisms)
    .toSorted((a, b) => rank(a) - rank(b))
    .map((mechanism) => ({
      mechanism,
      name: MECHANISMS[mechanism].name,
      refused:
        options?.kinds.find((one) => one.purpose === purpose && one.mechanism === mechanism)?.refused?.words ?? null,
    }));
}

/** Kinds that cannot be made here, together where the reason is the same. */
export function refusedKinds(
  kinds: readonly KindOption[],
): readonly { readonly names: string; readonly why: string }[] {
  const reasons = [...new Set(kinds.flatMap(({ refused }) => (refused === null ? [] : [refused])))];
  return reasons.map((why) => ({
    names: kinds
      .filter(({ refused }) => refused === why)
      .map(({ name }) => name)
      .join(', '),
    why,
  }));
}
