/**
 * Looks at every object of the token and compares what it shows with the ledger. Objects come page by page, so that an
 * act of a ceremony waits for one page at most; the answer is entered between two commands, never in the midst of one.
 */
import { hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { labelName } from '../../core/inventory/agreement.ts';
import { driftOf, isHeadOf, type LedgerSays } from '../../core/inventory/expectation.ts';
import { MAX_DRIFT, type Drift } from '../../core/inventory/drift.ts';
import { inventoryBytes, objectSha256, type ListedObject } from '../../core/inventory/object.ts';
import { counted, forDocument, isEntry, type Taken, type Why } from '../../core/inventory/record.ts';
import { ok, type Failure, type Result } from '../../core/result.ts';
import { isVisible } from '../../core/text.ts';
import type { Hsm, TokenRef } from '../hsm/port.ts';
import type { HsmSession } from './hsm-session.ts';
import { workstation, type Vault } from './vault.ts';

/** Objects of one page. Reading one takes about thirty calls, none of which writes. */
const PAGE = 32;

/** An inventory during which acts go on is begun anew so often; the one at the end of the ceremony is alone. */
const TRIES = 3;

export interface InventoryPorts {
  readonly crypto: Crypto;
  readonly session: HsmSession;
  /** Runs the work when no command is under way. */
  readonly between: (work: () => Promise<void>) => void;
  /** Called when what `Inventories` says of itself has changed. */
  readonly changed: () => void;
}

/** How the looking goes, for the screen. */
export interface InventoryStatus {
  /** While objects are read. `total` is 0 until it is known. */
  readonly progress: { readonly done: number; readonly total: number } | null;
  /** When the token was last looked at as a whole in this run, whether or not that is an entry. */
  readonly looked: string | null;
  /** Why the last one did not come to its end; null where it did, or a person stopped it. */
  readonly problem: Failure | null;
}

/** `stopped`: by a person. `disturbed`: an act began or ended meanwhile. */
type Listed = { readonly objects: readonly ListedObject[] } | 'stopped' | 'disturbed';

export class Inventories {
  #status: InventoryStatus = { progress: null, looked: null, problem: null };
  #stopped = false;
  /** The one that goes on in the background. */
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly vault: Vault,
    private readonly ports: InventoryPorts,
  ) {}

  get status(): InventoryStatus {
    return this.#status;
  }

  /** Ends the one under way. What was read until then is not kept. */
  stop(): void {
    this.#stopped = true;
  }

  #say(change: Partial<InventoryStatus>): void {
    this.#status = { ...this.#status, ...change };
    this.ports.changed();
  }

  get #token(): TokenRef {
    const { label, serial } = this.vault.state.hsm!;
    return { label, serial };
  }

  /** Why it is taken, where people logged in: the first of a ceremony is its start. */
  get #atLogin(): Why {
    const { open, agreement } = this.vault.state;
    return open && agreement.last?.ceremony !== open.id ? 'ceremony-start' : 'login';
  }

  /**
   * After a login. A small token is compared before this answers; a large one goes on in the background. What fails here
   * is said on the screen and keeps nobody from the ceremony.
   */
  async begin(): Promise<void> {
    const hsm = this.ports.session.use();
    if (!hsm.ok || this.vault.state.intents.size > 0) return;
    await this.settled();
    this.#stopped = false;
    const first = await hsm.value.listObjects({ token: this.#token, from: 0, limit: PAGE });
    if (!first.ok) return this.#say({ problem: first.error });
    if (first.value.next === null) {
      const noted = await this.#enter(first.value.objects, this.#atLogin);
      return this.#say({ problem: noted.ok ? null : noted.error });
    }
    this.#running = this.#inBackground(hsm.value);
  }

  async #inBackground(hsm: Hsm): Promise<void> {
    for (let tried = 0; tried < TRIES; tried++) {
      const from = this.vault.journal.size;
      const listed = await this.#list(hsm, from);
      if (!listed.ok) return this.#say({ progress: null, problem: listed.error });
      const all = listed.value;
      if (all === 'stopped') return this.#say({ progress: null });
      if (all === 'disturbed') continue;
      return new Promise((resolve) =>
        this.ports.between(async () => {
          // An act may have come in before this turn; the end of the ceremony then has the next inventory.
          const noted = this.#disturbed(from) ? ok(null) : await this.#enter(all.objects, this.#atLogin);
          this.#say({ progress: null, ...(noted.ok ? {} : { problem: noted.error }) });
          resolve();
        }),
      );
    }
    this.#say({ progress: null });
  }

  /** Nothing goes on in the background any more. */
  settled(): Promise<void> {
    return this.#running;
  }

  /** All of it now, as a command of its own or a part of one. Null where a person stopped it. */
  async take(why: Why): Promise<Result<Taken | null>> {
    const hsm = this.ports.session.use();
    if (!hsm.ok) return hsm;
    this.stop();
    await this.settled();
    this.#stopped = false;
    const listed = await this.#list(hsm.value, this.vault.journal.size);
    if (!listed.ok || typeof listed.value === 'string') {
      this.#say({ progress: null, problem: listed.ok ? null : listed.error });
      return listed.ok ? ok(null) : listed;
    }
    const taken = await this.#enter(listed.value.objects, why);
    this.#say({ progress: null, problem: taken.ok ? null : taken.error });
    return taken;
  }

  /** What differs now, in the midst of an act: nothing is entered, and nobody can stop it. */
  async drift(): Promise<Result<readonly Drift[]>> {
    const hsm = this.ports.session.use();
    if (!hsm.ok) return hsm;
    this.stop();
    await this.settled();
    this.#stopped = false;
    const listed = await this.#list(hsm.value, null);
    this.#say({ progress: null });
    if (!listed.ok) return listed;
    // Without a person to stop it and an act to mind, there is no other end.
    const { objects } = listed.value as Exclude<Listed, string>;
    return ok(driftOf(this.ports.crypto, this.#says, objects));
  }

  async #list(hsm: Hsm, since: number | null): Promise<Result<Listed>> {
    const objects: ListedObject[] = [];
    for (let from: number | null = 0; from !== null;) {
      if (this.#stopped && since !== null) return ok('stopped');
      const page: Awaited<ReturnType<Hsm['listObjects']>> = await hsm.listObjects({
        token: this.#token,
        from,
        limit: PAGE,
      });
      if (!page.ok) return page;
      objects.push(...page.value.objects);
      from = page.value.next;
      this.#say({ progress: { done: from ?? page.value.total, total: page.value.total } });
      if (since !== null && this.#disturbed(since)) return ok('disturbed');
    }
    return ok({ objects });
  }

  /** What was read before an act and after it does not belong to one state of the ledger. */
  #disturbed(since: number): boolean {
    const { state, journal } = this.vault;
    return state.intents.size > 0 || journal.entries(since).some(({ entry }) => entry.type.startsWith('act.'));
  }

  get #says(): LedgerSays {
    const { state, origin } = this.vault;
    return { keys: state.keys, agreement: state.agreement, origin, heads: this.vault.headDigests() };
  }

  /** Compares, and enters what was found where it is news. */
  async #enter(objects: readonly ListedObject[], why: Why): Promise<Result<Taken>> {
    const { vault, ports } = this;
    const says = this.#says;
    const found = driftOf(ports.crypto, says, objects);
    const document = inventoryBytes(forDocument(objects, isHeadOf(says)));
    const taken: Taken = {
      why,
      inventory: hex(ports.crypto.sha256(document)),
      objects: counted(objects),
      unreadable: objects.reduce((sum, { unreadable }) => sum + unreadable.length, 0),
      found: found.length,
      findings: found.slice(0, MAX_DRIFT),
    };
    this.#say({ looked: vault.now() });
    if (!isEntry(vault.state.agreement, taken)) return ok(taken);
    const kept = await vault.journal.putBlob(document);
    if (!kept.ok) return kept;
    const ceremony = vault.state.open?.id ?? null;
    const event = { type: 'inventory.taken', data: taken } as const;
    const appended = await vault.append([workstation(event, ceremony, this.#labels(taken, objects))]);
    return appended.ok ? ok(taken) : appended;
  }

  /** What strangers call their objects may name people: it stands beside the leaf, not in it. */
  #labels({ findings }: Taken, objects: readonly ListedObject[]): Record<string, string> | undefined {
    const wanted = new Set(findings.flatMap(({ sha256 }) => sha256 ?? []));
    if (wanted.size === 0) return undefined;
    const labelled = objects.flatMap((object) => {
      const sha256 =
        object.label === '' || object.label.length > 64 || !isVisible(object.label)
          ? ''
          : objectSha256(this.ports.crypto, object);
      return wanted.has(sha256) ? [[labelName(sha256), object.label] as const] : [];
    });
    return labelled.length === 0 ? undefined : Object.fromEntries(labelled);
  }
}
