/**
 * Whether a cosignature of the ledger's head counts, who still has to cosign before a ceremony closes, and whether an
 * opening was asked for its receipt. The signature was checked outside; its result comes in as a fact.
 */
import type { NewEntry } from '../ledger/event.ts';
import { COSIGNING_ROLES } from '../ledger/cosigner.ts';
import { ruleFor } from '../quorum/policy.ts';
import { ok, type Result } from '../result.ts';
import { refuse, type RuleId } from '../rules.ts';
import type { RecordedCosignature } from './cosigned.ts';
import type { Facts } from './decide.ts';
import { keyOf, type CeremonyState, type EnrolledPerson, type VaultState } from './state.ts';

/** A head as it is compared: how many entries, and their root in hex. */
export interface Head {
  readonly size: number;
  readonly root: string;
}

export interface CosignCommand {
  readonly kind: 'checkpoint.cosign';
  readonly person: string;
  readonly head: Head;
  readonly signedOn: RecordedCosignature['signedOn'];
  /** Name in the note, and key id with signature in base64. */
  readonly name: string;
  readonly signature: string;
  /** SHA-256 of the SubjectPublicKeyInfo of the key whose signature verified, or null where none did. */
  readonly signedBy: string | null;
}

/** What this person is known to have seen of the ledger last: cosigned or taken home, whichever is newer. */
export function lastSeen(state: VaultState, person: string): Head | null {
  const cosigned = state.cosignatures.findLast((one) => one.person === person) ?? null;
  const taken = state.receipts.get(person) ?? null;
  if (cosigned === null || taken === null) return cosigned ?? taken;
  return cosigned.size >= taken.size ? cosigned : taken;
}

/**
 * Whether this person may be asked to cosign the head. `known` are heads that the person brings, from receipts on their
 * medium: the ledger's own memory of what they saw is worth nothing when the ledger was set back.
 */
export function mayCosign(
  state: VaultState,
  person: string,
  head: Head,
  facts: Pick<Facts, 'rootAt'>,
  known: readonly Head[] = [],
): Result<EnrolledPerson> {
  const enrolled = state.people.get(person);
  if (!enrolled || !(COSIGNING_ROLES as readonly string[]).includes(enrolled.role)) return refuse('COSIGN-4');
  const own = state.cosignatures.filter((one) => one.person === person);
  const seen = [...own, ...known, ...[lastSeen(state, person)].filter((one) => one !== null)];
  const broken = seen.find(({ size, root }) => facts.rootAt(size) !== root);
  if (broken) return refuse('COSIGN-2', `It covered ${broken.size} entries.`);
  if (facts.rootAt(head.size) !== head.root) return refuse('COSIGN-5');
  if (own.some(({ size }) => size >= head.size)) return refuse('COSIGN-3');
  return ok(enrolled);
}

export function decideCosign(state: VaultState, command: CosignCommand, facts: Facts): Result<NewEntry[]> {
  const { person, head, signedOn, name, signature, signedBy } = command;
  const may = mayCosign(state, person, head, facts);
  if (!may.ok) return may;
  const { key, role } = may.value;
  if (signedBy !== key || role === 'administrator') return refuse('COSIGN-5');
  return ok([
    {
      event: { type: 'checkpoint.cosigned', data: { person, key, name, signature, ...head, signedOn } },
      ceremony: state.open?.id ?? null,
      actor: { role, person },
    },
  ]);
}

export interface CosignaturesDue {
  readonly custodians: { readonly required: number; readonly given: number };
  readonly witnesses: { readonly required: number; readonly given: number };
  /** The head must cover more entries than this: everything that the ceremony did. */
  readonly after: number;
  readonly missing: boolean;
}

/**
 * The cosignatures that the open ceremony needs before it closes, or null where it needs none. They are needed where
 * the token keeps no head of the ledger, because then nothing else shows that the disk was set back, and where the
 * policy says so. Distinct people with distinct keys count, of a head over everything but the closing itself.
 */
export function cosignaturesDue(state: VaultState): CosignaturesDue | null {
  const ceremony = state.open;
  const rule = state.policy?.cosign;
  if (!ceremony || (rule === undefined && state.anchor !== 'unavailable')) return null;
  const after = Math.max(...[...ceremony.done.values()].map(({ seq }) => seq), ceremony.from);
  const given = (role: EnrolledPerson['role']): number => {
    const counted = state.cosignatures.filter(
      ({ person, key, size }) =>
        size > after && state.people.get(person)?.role === role && keyOf(ceremony, person) === key,
    );
    return new Set(counted.map(({ key }) => key)).size;
  };
  const custodians = { required: rule?.custodians ?? deciding(state, ceremony), given: given('custodian') };
  const witnesses = { required: rule?.witnesses ?? 1, given: given('witness') };
  const missing = custodians.given < custodians.required || witnesses.given < witnesses.required;
  return { custodians, witnesses, after, missing };
}

/** As many custodians as the largest decision of this ceremony takes. */
function deciding(state: VaultState, { plan }: CeremonyState): number {
  const thresholds = plan.script.steps.map(({ action }) => {
    const rule = action && state.policy ? ruleFor(state.policy, action) : null;
    return rule ? rule.all.reduce((sum, { required }) => sum + required, 0) : 0;
  });
  return Math.max(1, ...thresholds);
}

/** Why the ceremony cannot close yet, or null. */
export function notCosigned(state: VaultState): { readonly policy: RuleId; readonly detail: string } | null {
  const due = cosignaturesDue(state);
  if (!due?.missing) return null;
  const { custodians, witnesses } = due;
  const detail =
    `Custodians: ${custodians.given} of ${custodians.required}. ` +
    `Witnesses: ${witnesses.given} of ${witnesses.required}.`;
  return { policy: 'COSIGN-1', detail };
}

/** A production vault asks at every opening for an earlier receipt, before a plan is frozen and before a login. */
export const openingRule = (state: VaultState): RuleId | null =>
  state.environment === 'production' && state.opening === 'asked' ? 'RECEIPT-5' : null;
