/**
 * One ledger after another: the first entry of the new origin commits to the old one. The old log key says so itself, by
 * the head over the old ledger's last entry, which names the new origin; where that key is dead, a quorum of the old
 * ledger's custodians says so, by the rule under which they may make a key. What is known to be missing between the two is
 * named for ever.
 */
import * as v from 'valibot';
import { fromBase64, hex } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { parseEnvelope, verifyEnvelope } from '../evidence/dsse.ts';
import { parseCanonical } from '../json/jcs.ts';
import { environmentSchema, type Entry, type Environment } from '../ledger/entry.ts';
import type { EventOf } from '../ledger/event.ts';
import { Hash, PersonId, Timestamp } from '../ledger/fields.ts';
import { parseVkey, verifyCheckpoint, type VerifierKey } from '../ledger/note.ts';
import { notReached, type Decision } from '../quorum/count.ts';
import { instant } from '../quorum/instant.ts';
import { policySchema, ruleFor, type Policy, type PolicyRule } from '../quorum/policy.ts';
import { ok, type Result } from '../result.ts';
import { refuse } from '../rules.ts';
import type { Ended } from './end.ts';

export type Continued = EventOf<'ledger.continued'>['data'];

export const SUCCESSION_TYPE = 'application/vnd.conclave.succession+json';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** What a custodian of the old ledger signs, as the payload of a DSSE envelope. */
export const successionSchema = v.strictObject({
  v: v.literal(1),
  environment: environmentSchema,
  /** Origin, entries and root of the old ledger, as far as it is there. */
  origin: v.string(),
  size: count,
  root: Hash,
  /** Entries after these that are known to be missing. */
  missing: count,
  /** Origin of the new ledger. */
  successor: v.string(),
  custodian: PersonId,
  time: Timestamp,
  expires: Timestamp,
});
export type Succession = v.InferOutput<typeof successionSchema>;

/** What the old ledger says of itself, collected from its entries in order. */
export class OldLedger {
  origin: string | null = null;
  environment: Environment | null = null;
  vkey: string | null = null;
  policySha256: string | null = null;
  ended: Ended | null = null;
  readonly people = new Map<string, EventOf<'person.enrolled'>['data']>();

  add(entry: Entry): void {
    this.environment ??= entry.environment;
    if (entry.type === 'vault.created') this.origin = entry.data.origin;
    if (entry.type === 'genesis.sealed') this.vkey = entry.data.vkey;
    if (entry.type === 'policy.set') this.policySha256 = entry.data.policy;
    if (entry.type === 'person.enrolled') this.people.set(entry.data.person, entry.data);
    if (entry.type === 'ledger.ended') this.ended = entry.data;
    if (entry.type === 'ledger.restored') this.ended = null;
  }

  logKey(crypto: Crypto): VerifierKey | null {
    const key = this.vkey === null ? null : parseVkey(crypto, this.vkey);
    return key?.ok === true ? key.value : null;
  }
}

/** The policy of the old ledger, from the document that its entry names. */
export function policyOf(crypto: Crypto, old: OldLedger, bytes: Uint8Array | null): Policy | null {
  if (!bytes || hex(crypto.sha256(bytes)) !== old.policySha256) return null;
  const json = parseCanonical(bytes);
  const policy = json.ok ? v.safeParse(policySchema, json.value) : null;
  return policy?.success === true ? policy.output : null;
}

/** Who decides on a succession: those who may make a key in the old vault. */
export const successionRule = (policy: Policy): PolicyRule | null => ruleFor(policy, 'generate');

/** What every approval of one succession has to say alike. */
export type Agreed = Omit<Succession, 'v' | 'custodian' | 'time' | 'expires'>;

/** The people whose envelopes approve exactly this, signed by the keys that the old ledger enrolled. */
export async function approvedBy(
  crypto: Crypto,
  old: OldLedger,
  agreed: Agreed,
  envelopes: readonly Uint8Array[],
  at: number,
): Promise<Decision[]> {
  const out: Decision[] = [];
  for (const bytes of envelopes) {
    const envelope = parseEnvelope(bytes);
    const json = envelope.ok ? parseCanonical(envelope.value.payload) : null;
    const parsed = json?.ok === true ? v.safeParse(successionSchema, json.value) : null;
    if (!envelope.ok || parsed?.success !== true) continue;
    const { custodian, time, expires, v: _, ...says } = parsed.output;
    const person = old.people.get(custodian);
    const spki = person ? fromBase64(person.spki) : null;
    const same = (Object.keys(agreed) as (keyof Agreed)[]).every((name) => says[name] === agreed[name]);
    const timely = instant(time) <= at && at < instant(expires);
    if (!person || !spki || !same || !timely) continue;
    if (await verifyEnvelope(crypto, spki, SUCCESSION_TYPE, envelope.value))
      out.push({ person: custodian, key: person.key, decision: 'approve' });
  }
  return out;
}

/** Whether the old quorum agreed: QUORUM-1, or QUORUM-6 where its policy has no rule for it. */
export function quorumReached(policy: Policy | null, decisions: readonly Decision[]): Result<null> {
  const rule = policy && successionRule(policy);
  if (!policy || !rule) return refuse('QUORUM-6');
  const short = notReached(policy, rule, decisions);
  return short ? refuse(short) : ok(null);
}

/** An old ledger that was verified whole, to be held against the first entry of the new one. */
export interface VerifiedOld {
  readonly old: OldLedger;
  readonly size: number;
  /** Root of the first entries, hex; null where it was not kept or there are not so many. */
  readonly rootAt: (size: number) => string | null;
  readonly policy: Policy | null;
}

/** Where the new ledger begins, and what it brought with it. */
export interface NewBeginning {
  readonly continued: Continued;
  /** Origin of the new ledger. */
  readonly origin: string;
  readonly environment: Environment;
  /** Wall clock of its first entry, milliseconds since 1970. */
  readonly at: number;
  /** A document of the new ledger by its SHA-256, or null. */
  readonly blob: (sha256: string) => Uint8Array | null;
}

/** Whether the new ledger really goes on from the old one. CONTINUITY-11 says what does not fit. */
export async function judgeSuccession(
  crypto: Crypto,
  { old, size, rootAt, policy }: VerifiedOld,
  { continued, origin, environment, at, blob }: NewBeginning,
): Promise<Result<null>> {
  const wrong = (what: string) => refuse('CONTINUITY-11', what);
  if (continued.origin !== old.origin || environment !== old.environment) return wrong('It is another ledger.');
  if (rootAt(continued.size) !== continued.root) return wrong(`The root differs at ${continued.size} entries.`);
  if (size > continued.size && continued.missing === 0) return wrong('The old ledger went on after it.');
  const key = old.logKey(crypto);
  const note = blob(continued.head);
  const head = key && note ? await verifyCheckpoint(crypto, note, key) : null;
  if (!head?.ok || head.value.size > continued.size || rootAt(head.value.size) !== hex(head.value.root))
    return wrong('Its head is not one of the old ledger.');
  if (continued.by === 'log-key') {
    const named = old.ended?.kind === 'succeeded' && old.ended.successor === origin;
    return named && head.value.size === continued.size ? ok(null) : wrong('The old ledger does not end with this one.');
  }
  const envelopes = continued.approvals.map(blob);
  if (envelopes.includes(null)) return wrong('An approval is missing.');
  const { size: until, root, missing } = continued;
  const agreed: Agreed = { environment, origin: continued.origin, size: until, root, missing, successor: origin };
  return quorumReached(policy, await approvedBy(crypto, old, agreed, envelopes as Uint8Array[], at));
}
