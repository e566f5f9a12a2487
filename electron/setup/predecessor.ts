/**
 * The ledger that a new vault goes on from: its copy read whole, what is known to be missing after it, and, where its log
 * key cannot say so itself, the agreement of its custodians.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input } from '../../contract/schema.ts';
import type { SetupView } from '../../contract/views.ts';
import { equal, hex } from '../../core/bytes.ts';
import {
  approvedBy,
  judgeSuccession,
  OldLedger,
  policyOf,
  quorumReached,
  SUCCESSION_TYPE,
  successionRule,
  type Agreed,
  type Continued,
  type Succession,
} from '../../core/continuity/succession.ts';
import type { Crypto } from '../../core/crypto.ts';
import { envelopeBytes, pae } from '../../core/evidence/dsse.ts';
import { jcsBytes } from '../../core/json/jcs.ts';
import { disclosed } from '../../core/ledger/disclosure.ts';
import { rootOf, type Hash } from '../../core/ledger/merkle.ts';
import { verifyCheckpoint } from '../../core/ledger/note.ts';
import { maySign } from '../../core/quorum/count.ts';
import type { Policy } from '../../core/quorum/policy.ts';
import { ok, type Result } from '../../core/result.ts';
import { refuse } from '../../core/rules.ts';
import { readReceipts, readWhole } from '../continuity/restore-ledger.ts';
import { signOnMedium } from '../custody/sign-on-medium.ts';
import type { Credentials } from '../custody/credential.ts';
import { END } from '../ledger/copies.ts';
import { diskFiles } from '../ledger/files.ts';
import { layout } from '../ledger/layout.ts';
import type { CreateVault } from './create-vault.ts';

/** C2SP checkpoint origin of a vault's ledger. */
export const originOf = (vaultId: string): string => `conclave.example/vault/${vaultId}`;

export interface PredecessorPorts {
  readonly crypto: Crypto;
  readonly credentials: Credentials;
  readonly mediaRoot: string;
  readonly now: () => string;
}

interface Found {
  readonly old: OldLedger;
  readonly hashes: readonly Hash[];
  readonly policy: Policy | null;
  readonly names: ReadonlyMap<string, { readonly name: string; readonly medium: string }>;
  /** The newest head that the old log key signed, verbatim. */
  readonly head: Uint8Array;
  readonly headSize: number;
  readonly missing: number;
}

export class Predecessor {
  readonly #envelopes = new Map<string, Uint8Array>();

  private constructor(
    readonly vaultId: string,
    private readonly found: Found,
    private readonly ports: PredecessorPorts,
  ) {}

  /** @param vaultId Of the new vault, where the old ledger does not name another one. */
  static async read(
    { from, receipts }: Input<'continuity.succeed'>,
    vaultId: string,
    ports: PredecessorPorts,
  ): Promise<Result<Predecessor>> {
    const found = await find(from, receipts, ports.crypto);
    if (!found.ok) return found;
    const { old } = found.value;
    if (old.ended?.kind === 'closed') return refuse('CONTINUITY-1');
    const named = old.ended?.kind === 'succeeded' ? old.ended.successor : undefined;
    return ok(new Predecessor(named === undefined ? vaultId : named.slice(originOf('').length), found.value, ports));
  }

  get #origin(): string {
    return originOf(this.vaultId);
  }

  /** The old key said so itself, in a head over an end that names the new origin. */
  get #byKey(): boolean {
    const { old, headSize, hashes } = this.found;
    return old.ended?.successor === this.#origin && headSize === hashes.length;
  }

  get #agreed(): Agreed {
    const { old, hashes, missing } = this.found;
    return {
      environment: old.environment!,
      origin: old.origin!,
      size: hashes.length,
      root: hex(rootOf(this.ports.crypto, [...hashes])),
      missing,
      successor: this.#origin,
    };
  }

  get view(): SetupView['predecessor'] {
    const { old, policy, names, missing } = this.found;
    const rule = policy && successionRule(policy);
    const group = rule?.all[0];
    const members = policy?.groups.find(({ id }) => id === group?.of)?.people ?? [];
    const { origin, size, root } = this.#agreed;
    const required = group?.required ?? 0;
    return {
      origin,
      size,
      root,
      missing,
      by: this.#byKey ? 'log-key' : 'quorum',
      required,
      custodians: members.flatMap((person) =>
        old.people.has(person)
          ? [{ person, name: names.get(person)?.name ?? person, approved: this.#envelopes.has(person) }]
          : [],
      ),
      agreed: this.#byKey || this.#envelopes.size >= required,
    };
  }

  /** One custodian's signature over exactly this succession. */
  async approve({ custodian, passphrase }: Input<'continuity.approve'>): Promise<Result<null>> {
    const { old, policy, names } = this.found;
    const rule = policy && successionRule(policy);
    if (!policy || !rule) return refuse('QUORUM-6');
    const person = old.people.get(custodian);
    const there = names.get(custodian);
    if (!person || !there || !maySign(policy, rule, custodian)) return refuse('QUORUM-4');
    if (this.#envelopes.has(custodian)) return refuse('QUORUM-3');
    const now = Date.parse(this.ports.now());
    const whole = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;
    const says: Succession = {
      v: 1,
      ...this.#agreed,
      custodian,
      time: whole(now),
      expires: whole(now + rule.expiresAfter * 1000),
    };
    const payload = jcsBytes(says);
    const { credentials, mediaRoot, crypto } = this.ports;
    const message = pae(SUCCESSION_TYPE, payload);
    const who = { ...person, name: there.name };
    const signed = await signOnMedium(credentials, join(mediaRoot, there.medium), who, passphrase, message);
    if (!signed.ok) return signed;
    const bytes = envelopeBytes({ payloadType: SUCCESSION_TYPE, payload, keyid: person.key, signature: signed.value });
    const [genuine] = await approvedBy(crypto, old, this.#agreed, [bytes], now);
    if (!genuine) return refuse('APPROVAL-8');
    this.#envelopes.set(custodian, bytes);
    return ok(null);
  }

  /** The first entry of the new ledger, judged as a stranger will judge it. */
  async beginning(): Promise<Result<NonNullable<CreateVault['continues']>>> {
    const { crypto, now } = this.ports;
    const { old, hashes, policy, head, missing } = this.found;
    const envelopes = this.#byKey ? [] : [...this.#envelopes.values()];
    const { environment, origin, size, root } = this.#agreed;
    const at = Date.parse(now());
    if (!this.#byKey) {
      const reached = quorumReached(policy, await approvedBy(crypto, old, this.#agreed, envelopes, at));
      if (!reached.ok) return reached;
    }
    const documents = [head, ...envelopes];
    const digests = documents.map((bytes) => hex(crypto.sha256(bytes)));
    const data: Continued = {
      origin,
      size,
      root,
      head: digests[0]!,
      by: this.#byKey ? 'log-key' : 'quorum',
      approvals: digests.slice(1),
      missing,
    };
    const fits = await judgeSuccession(
      crypto,
      { old, size, policy, rootAt: (n) => hex(rootOf(crypto, hashes.slice(0, n))) },
      {
        continued: data,
        origin: this.#origin,
        environment,
        at,
        blob: (sha256) => documents[digests.indexOf(sha256)] ?? null,
      },
    );
    return fits.ok ? ok({ data, documents }) : fits;
  }
}

async function find(from: string, receipts: readonly string[], crypto: Crypto): Promise<Result<Found>> {
  const read = await readWhole(from, crypto);
  if (!read.ok) return read;
  const { copy, named } = read.value;
  const { verifier, checkpoints } = copy;
  const lines = copy.lines.read(0, copy.size);
  const notes = checkpoints.map(({ note }) => new TextEncoder().encode(note));
  // The end was put beside the copy after it was made.
  const end = join(from, END);
  for (const name of await diskFiles.list(end)) {
    const bytes = new Uint8Array(await readFile(join(end, name)));
    if (name.endsWith('.note')) notes.push(bytes);
    if (name !== 'journal.jsonl') continue;
    const taken = verifier.push(bytes.subarray(0, bytes.length - 1));
    if (!taken.ok) return refuse('CONTINUITY-8', taken.error.message);
    lines.push(taken.value);
  }
  const hashes = lines.map(({ hash }) => hash);
  let newest: { head: Uint8Array; headSize: number } | null = null;
  for (const note of notes) {
    const head = await verifyCheckpoint(crypto, note, named.logKey);
    if (!head.ok || head.value.size > hashes.length) return refuse('CONTINUITY-8', 'A head is not of this log.');
    if (!equal(rootOf(crypto, hashes.slice(0, head.value.size)), head.value.root)) return refuse('CONTINUITY-8');
    if (!newest || newest.headSize < head.value.size) newest = { head: note, headSize: head.value.size };
  }
  if (!newest) return refuse('CONTINUITY-8', 'It has no signed head.');

  const presented = await readReceipts(receipts, named.logKey, crypto);
  if (!presented.ok) return presented;
  for (const { size, root } of presented.value) {
    if (size <= hashes.length && !equal(rootOf(crypto, hashes.slice(0, size)), root)) return refuse('CONTINUITY-10');
  }
  const longest = Math.max(0, ...presented.value.map(({ size }) => size));

  const old = new OldLedger();
  const names = new Map<string, { name: string; medium: string }>();
  for (const { entry } of lines) {
    old.add(entry);
    if (entry.type !== 'person.enrolled') continue;
    const words = disclosed(crypto, entry.disclosures, copy.lines.disclosuresOf(entry.seq));
    names.set(entry.data.person, { name: words['name'] ?? entry.data.person, medium: words['medium'] ?? '' });
  }
  const policyBlob = await diskFiles.read(layout(join(from, 'ledger')).blob(old.policySha256 ?? ''));
  return ok({
    old,
    hashes,
    names,
    policy: policyOf(crypto, old, policyBlob),
    ...newest,
    missing: Math.max(0, longest - hashes.length),
  });
}
