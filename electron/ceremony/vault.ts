/**
 * A vault at the edge: its journal, and the state replayed from it. Everything that changes the state goes through
 * `append`, so that what the screens show is always what the ledger says.
 */
import { hex, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { VaultReplay } from '../../core/ceremony/replay.ts';
import type { VaultState } from '../../core/ceremony/state.ts';
import type { Facts } from '../../core/ceremony/decide.ts';
import { cosignerKey } from '../../core/ledger/cosigner.ts';
import type { Event, NewEntry } from '../../core/ledger/event.ts';
import type { Environment } from '../../core/ledger/entry.ts';
import { readHead } from '../../core/ledger/heads.ts';
import { checkpointText, formatNote, parseVkey, signatureLine, type VerifierKey } from '../../core/ledger/note.ts';
import { hasEffect, unasked, type AnchorStanding, type LedgerOnDisk } from '../../core/ledger/anchor.ts';
import { overBy } from '../../core/continuity/end.ts';
import { fail, ok, type Failure, type Result } from '../../core/result.ts';
import type { TokenCall } from '../../core/ledger/token-call.ts';
import { refuse } from '../../core/rules.ts';
import { checkLedger, type Checked } from '../ledger/check.ts';
import { diskFiles } from '../ledger/files.ts';
import { openJournal, type AppendedEntry, type Journal, type JournalPorts } from '../ledger/journal.ts';
import type { Layout } from '../ledger/layout.ts';
import type { LedgerClock } from '../ledger/clock.ts';
import { CallAccount } from './reconcile-calls.ts';
import { approvalIn, besideOf } from './documents.ts';

/** Refusals of the same kind within this many milliseconds become one entry with a count. */
const COALESCE_MS = 60_000;

/** Wrong passphrases: each is an entry at once, so that none is lost with the power. Their cost is what limits them. */
const EACH: ReadonlySet<string> = new Set(['CRED-1']);

/** A signed head that is not stored yet. */
export interface SignedHead {
  readonly size: number;
  readonly note: string;
}

export interface VaultPorts {
  readonly crypto: Crypto;
  readonly clock: LedgerClock;
  /** Called after every change, with what was added. */
  readonly changed: () => void;
  /** The disk and its surroundings; the real ones where absent. */
  readonly disk?: Pick<JournalPorts, 'files' | 'processes' | 'random'>;
  /** Verifies and replays the ledger, where that is not to be done by this process. */
  readonly check?: (at: Layout, environment: Environment) => Promise<Result<Checked>>;
}

interface Refusal {
  readonly entry: NewEntry;
  /** Monotonic, milliseconds: a wall clock that is set back must not keep a count waiting. */
  readonly since: number;
  extra: number;
}

/** What only an act needs to know. */
export type ActFacts = Pick<Facts, 'labelInUse' | 'genuine'>;

export class Vault {
  readonly #refusals = new Map<string, Refusal>();
  #queue: Promise<unknown> = Promise.resolve();
  #standing: AnchorStanding | null = null;
  /** Entries from the newest checkpoint up to here are about nothing on the token. */
  #quiet = 0;
  /** What the token gave under the head's name when it was last compared. */
  tokenHeads: readonly Uint8Array[] = [];
  /** Of a set-up, before the genesis entry names it. */
  #newLogKey: VerifierKey | null = null;
  #account: CallAccount;

  private constructor(
    readonly journal: Journal,
    readonly origin: string,
    private readonly replay: VaultReplay,
    private readonly ports: VaultPorts,
  ) {
    this.#account = new CallAccount(ports.crypto, 0, []);
  }

  /** Opens and verifies the ledger in full, then replays it. */
  static async open(
    folder: string,
    origin: string,
    environment: Environment,
    ports: VaultPorts,
  ): Promise<Result<Vault>> {
    const { crypto, clock } = ports;
    const files = ports.disk?.files ?? diskFiles;
    const inPlace = (at: Layout) =>
      checkLedger(at, { files, crypto, environment, replay: new VaultReplay(environment) });
    let replay: VaultReplay | null = null;
    const check = async (at: Layout): Promise<Result<Checked>> => {
      const checked = await (ports.check ?? inPlace)(at, environment);
      if (!checked.ok || !checked.value.replay) return checked;
      replay = VaultReplay.resume(checked.value.replay);
      const own = replay.state.vault;
      return own && own.origin !== origin ? refuse('LEDGER-1', 'It is the ledger of another vault.') : checked;
    };
    const opened = await openJournal(folder, { crypto, environment, clock, ...ports.disk, check });
    if (!opened.ok) return opened;
    const vault = new Vault(opened.value, origin, replay ?? new VaultReplay(environment), ports);
    const ready = await vault.#begin();
    if (ready.ok) return ok(vault);
    await opened.value.close();
    return ready;
  }

  /** Reports what was set aside. */
  async #begin(): Promise<Result<unknown>> {
    this.#account = new CallAccount(this.ports.crypto, this.journal.size, this.state.intents.values());
    const { quarantined } = this.journal;
    if (quarantined.length === 0) return ok(null);
    return this.append(
      quarantined.map(({ bytes, sha256 }) => workstation({ type: 'ledger.tail-quarantined', data: { bytes, sha256 } })),
    );
  }

  get state(): VaultState {
    return this.replay.state;
  }

  get logKey(): VerifierKey | null {
    const vkey = this.state.genesis?.vkey;
    if (vkey === undefined) return this.#newLogKey;
    const parsed = parseVkey(this.ports.crypto, vkey);
    return parsed.ok ? parsed.value : null;
  }

  /** During a set-up the ledger is sealed as soon as there is a log key. */
  beginSealing(key: VerifierKey): void {
    this.#newLogKey = key;
  }

  /** How the ledger compared with the head on the token, or that nobody asked the token yet. */
  get standing(): AnchorStanding {
    return this.#standing ?? unasked(this.state.anchor);
  }

  /** The token was looked for and is not connected. What an earlier comparison found is not forgotten by that. */
  noteTokenAbsent(): void {
    if (this.standing.state === 'not-checked') this.standing = { state: 'token-absent' };
  }

  set standing(standing: AnchorStanding) {
    this.#standing = standing;
    this.ports.changed();
  }

  /** Whether an entry about the token follows the newest checkpoint. No other may be written before it has its head. */
  get effectUnsealed(): boolean {
    const line = this.journal.find(hasEffect, Math.max(this.sealed, this.#quiet));
    if (!line) this.#quiet = this.journal.size;
    return line !== undefined;
  }

  /** The ledger as it is compared with the head on the token. */
  onDisk(): LedgerOnDisk {
    return {
      size: this.journal.size,
      checkpointed: this.sealed,
      rootAt: (size) => this.journal.tree.root(size),
      entriesFrom: (size) => this.journal.entries(size).map(({ entry }) => entry),
    };
  }

  /** Root over the first `size` entries in hex, or null where there are fewer. */
  rootAt(size: number): string | null {
    return size > this.journal.size ? null : hex(this.journal.tree.root(size));
  }

  /** Verifier keys of everyone who may cosign. */
  get cosigners(): VerifierKey[] {
    const keys = [...this.state.people.values()].map((one) => cosignerKey(this.ports.crypto, this.origin, one));
    return keys.filter((key) => key !== null);
  }

  /** Size of the newest signed checkpoint, 0 where there is none. */
  get sealed(): number {
    return this.journal.latestCheckpoint()?.size ?? 0;
  }

  /** One after the other: the replay must see the entries in the order of the journal. */
  append(entries: readonly NewEntry[]): Promise<Result<AppendedEntry[]>> {
    const done = this.#queue.then(() => this.#append(entries));
    this.#queue = done.catch(() => undefined);
    return done;
  }

  async #append(entries: readonly NewEntry[]): Promise<Result<AppendedEntry[]>> {
    const over = overBy(this.state);
    if (over && !entries.every(({ event }) => event.type === 'ledger.restored')) return refuse(over);
    const counted = over ? [] : this.#settled();
    const appended = await this.journal.append([...counted, ...entries]);
    if (!appended.ok) return appended;
    const fed = await this.#feed(appended.value);
    if (!fed.ok) return fed;
    this.ports.changed();
    return ok(appended.value.slice(counted.length));
  }

  async #feed(lines: readonly AppendedEntry[]): Promise<Result<null>> {
    for (const { entry, hash } of lines) {
      const beside = await besideOf(this.ports.crypto, this.journal, entry, this.state);
      if (!beside.ok) return beside;
      this.replay.add({ entry, leafHash: hex(hash) }, beside.value);
    }
    return ok(null);
  }

  /** Records that a rule refused. The first of its kind at once; repeats within a minute as one more entry. */
  async refused(
    error: Failure,
    command: string,
    about: { step?: string | undefined; person?: string | undefined } = {},
  ): Promise<void> {
    // Nothing follows the end of a ledger, no refusal either.
    if (error.policy === undefined || this.state.ended) return;
    const { open, people } = this.state;
    // Only names that the ledger knows: a caller that makes up new ones gets no new entries by it.
    const step = open?.plan.script.steps.find(({ id }) => id === about.step)?.id;
    const person = people.get(about.person ?? '')?.person;
    const key = `${error.policy} ${command} ${step ?? ''} ${person ?? ''}`;
    const earlier = EACH.has(error.policy) ? undefined : this.#refusals.get(key);
    if (earlier && this.#elapsed() - earlier.since < COALESCE_MS) {
      earlier.extra += 1;
      return;
    }
    const entry: NewEntry = {
      event: {
        type: 'command.refused',
        data: {
          policy: error.policy,
          command,
          count: 1,
          ...(step === undefined ? {} : { step }),
          ...(person === undefined ? {} : { person }),
        },
      },
      ceremony: open?.id ?? null,
      actor: { role: 'workstation' },
    };
    if (!EACH.has(error.policy)) this.#refusals.set(key, { entry, since: this.#elapsed(), extra: 0 });
    await this.append([...(earlier ? repeats(earlier) : []), entry]);
  }

  #elapsed(): number {
    return this.ports.clock.now().mono / 1000;
  }

  /** Counts of refusals whose minute has passed. */
  #settled(all = false): NewEntry[] {
    const out: NewEntry[] = [];
    for (const [key, refusal] of this.#refusals) {
      if (!all && this.#elapsed() - refusal.since < COALESCE_MS) continue;
      this.#refusals.delete(key);
      out.push(...repeats(refusal));
    }
    return out;
  }

  /** The facts of this moment for a decision. */
  facts(interfacesUp: readonly string[], known: ActFacts = {}): Facts {
    return {
      crypto: this.ports.crypto,
      now: Date.parse(this.ports.clock.now().wall),
      interfacesUp,
      rootAt: (size) => this.rootAt(size),
      eventsSince: (size): Event[] => this.journal.entries(size).map(({ entry }) => entry),
      ...known,
    };
  }

  /** Envelopes of the open ceremony's approvals whose signature verifies now, read again from the blobs. */
  async genuineApprovals(): Promise<ReadonlySet<string>> {
    const genuine = new Set<string>();
    for (const { envelope, person } of this.state.open?.decisions ?? []) {
      const spki = this.state.people.get(person)?.spki;
      if ((await approvalIn(this.ports.crypto, this.journal, envelope, spki)).ok) genuine.add(envelope);
    }
    return genuine;
  }

  /** Signs the head as a C2SP checkpoint. Entries that are added meanwhile are not under it. */
  async signHead(
    key: VerifierKey,
    sign: (text: Uint8Array) => Promise<Result<Uint8Array>>,
  ): Promise<Result<SignedHead>> {
    const size = this.journal.size;
    const text = checkpointText({ origin: this.origin, size, root: this.journal.root() });
    const signature = await sign(new TextEncoder().encode(text));
    if (!signature.ok) return signature;
    const note = formatNote(text, [signatureLine(key.name, key.id, signature.value)]);
    this.#account.signed({ size, text, note });
    return ok({ size, note });
  }

  async storeHead({ size, note }: SignedHead, options?: { readonly last: boolean }): Promise<Result<null>> {
    const stored = await this.journal.writeCheckpoint(size, note, options);
    if (!stored.ok) return stored;
    this.#account.stored(note);
    this.ports.changed();
    return ok(null);
  }

  /** What the HSM host called since the last comparison, compared with the entries since then; for the ledger. */
  compareCalls(calls: readonly TokenCall[] | null): NewEntry[] {
    return this.#account.compare(this, calls, this.state.open?.id ?? null);
  }

  headDigests(): ReadonlySet<string> {
    return this.#account.headDigests(this);
  }

  /** The wall clock, as the next entry has it. */
  now(): string {
    return this.ports.clock.now().wall;
  }

  async close(): Promise<Result<void>> {
    const counted = this.#settled(true);
    if (counted.length > 0 && !this.state.ended) {
      const appended = await this.append(counted);
      if (!appended.ok) return fail(appended.error);
    }
    return this.journal.close();
  }
}

/** One entry for the repeats after the first, or none. */
function repeats({ entry, extra }: Refusal): NewEntry[] {
  const { event } = entry;
  if (extra === 0 || event.type !== 'command.refused') return [];
  return [{ ...entry, event: { type: event.type, data: { ...event.data, count: extra } } }];
}

/** An entry by the software itself, outside of any ceremony. */
export const workstation = (
  event: Event,
  ceremony: string | null = null,
  disclose?: Record<string, string>,
): NewEntry => ({
  event,
  ceremony,
  actor: { role: 'workstation' },
  ...(disclose ? { disclose } : {}),
});

/** The root (hex) in the note of a stored checkpoint, which the journal has compared with its entries. */
export function rootIn(note: string): string {
  const { says } = readHead('', utf8(note));
  return says ? hex(says.root) : '';
}
