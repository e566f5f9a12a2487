/**
 * Runs the production journal on a disk that fails, and checks after every possible crash what must hold: no acknowledged
 * entry, disclosure, checkpoint or document lost; the acknowledged bytes unchanged and nothing after them but what was
 * being written; recovery done twice is recovery done once; and no honest crash is mistaken for tampering.
 *
 * The token's side (no effect without intent, one outcome for each) joins here as a second device beside the disk.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { hex, utf8 } from '../../../core/bytes.ts';
import type { NewEntry } from '../../../core/ledger/event.ts';
import { checkpointText, formatNote, signatureLine, verifierKey } from '../../../core/ledger/note.ts';
import type { Result } from '../../../core/result.ts';
import { nodeCrypto as crypto } from '../../../standalone/crypto.ts';
import { openJournal, type Journal } from '../../../electron/ledger/journal.ts';
import { enrolment, intent, outcome, step } from '../entries.ts';
import { Disk, PowerLost, type Image, type Survival } from './disk.ts';

const DIR = '/ledger';
const JOURNAL = `${DIR}/journal.jsonl`;

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const logKey = verifierKey(
  crypto,
  'ledger.example/crash',
  'ed25519',
  new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
);

function seal(journal: Journal): string {
  const text = checkpointText({ origin: logKey.name, size: journal.size, root: journal.root() });
  return formatNote(text, [signatureLine(logKey.name, logKey.id, sign(null, utf8(text), privateKey))]);
}

/** What the journal said was done. */
interface Acknowledged {
  readonly leaves: string[];
  readonly disclosures: number;
  readonly checkpoints: number[];
  readonly blobs: string[];
  /** Entries whose writing had begun and was not acknowledged. */
  readonly attempted: number;
}

interface Running {
  leaves: string[];
  disclosures: number;
  checkpoints: number[];
  blobs: string[];
  attempted: number;
}

class Refused extends Error {}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Refused(`${result.error.policy ?? result.error.code}: ${result.error.message}`);
  return result.value;
}

let boot = 0;

/** Opens as after a restart of the machine: another boot, so the lock of before is stale. */
async function open(disk: Disk, most?: number): Promise<Journal> {
  const self = { pid: 7, boot: `boot-${boot++}`, start: '1' };
  let random = 0;
  let mono = 0;
  return must(
    await openJournal(DIR, {
      crypto,
      environment: 'rehearsal',
      logKey,
      files: disk.files(most),
      processes: { self, isRunning: (holder) => holder.boot === self.boot },
      random: (length) => new Uint8Array(length).fill(++random),
      clock: {
        now: () => ({
          wall: new Date(Date.UTC(2026, 3, 22) + ++mono * 1000).toISOString(),
          mono: mono * 1_000_000,
          boot: '00000000-0000-4000-8000-000000000001',
        }),
      },
    }),
  );
}

/** Some of everything the ledger does. Throws where the disk fails; what was acknowledged until then is in `done`. */
async function work(disk: Disk, done: Running, most: number): Promise<void> {
  let journal = await open(disk, most);
  const append = async (...entries: NewEntry[]) => {
    done.attempted += entries.length;
    const lines = must(await journal.append(entries));
    done.attempted -= entries.length;
    done.leaves.push(...lines.map(({ leaf }) => new TextDecoder().decode(leaf)));
    done.disclosures += entries.reduce((sum, { disclose }) => sum + Object.keys(disclose ?? {}).length, 0);
    return lines;
  };
  const checkpoint = async () => {
    must(await journal.writeCheckpoint(journal.size, seal(journal)));
    done.checkpoints.push(journal.size);
  };
  const [announced] = await append(intent('key-1'));
  await checkpoint();
  await append(outcome(announced!.hash));
  await checkpoint();
  await append(enrolment(1, 'Ada Lovelace'));
  done.blobs.push(must(await journal.putBlob(utf8('a certificate'))));
  await append(step(1), enrolment(2, 'Idris Okonjo'));
  must(await journal.close());
  journal = await open(disk, most);
  await append(step(2));
  await checkpoint();
  must(await journal.close());
}

/** What a recovered ledger holds, in a form to compare. */
function contents(journal: Journal) {
  return {
    leaves: journal.entries().map(({ leaf }) => new TextDecoder().decode(leaf)),
    disclosures: journal.entries().flatMap(({ entry }) => journal.disclosuresOf(entry.seq)).length,
    checkpoints: journal.checkpoints().map(({ size }) => size),
    quarantined: journal.quarantined.map(({ sha256 }) => sha256),
  };
}

/** Counts and violations of one run. */
export interface Tally {
  /** Places where power went or an operation failed. */
  crashes: number;
  /** Disks that power may have left behind there. */
  states: number;
  /** Crashes of the recovery from those. */
  again: number;
  acknowledged: number;
  lost: number;
  changed: number;
  unstable: number;
  /** Honest crashes that were refused. */
  alarms: number;
  /**
   * A whole line with a flipped bit where it was being written: on the disk it cannot be told from an entry that was
   * acknowledged and then tampered with, and is refused by name for a person to judge. Not counted as a false alarm.
   */
  flips: number;
  readonly examples: string[];
}

export const tally = (): Tally => ({
  crashes: 0,
  states: 0,
  again: 0,
  acknowledged: 0,
  lost: 0,
  changed: 0,
  unstable: 0,
  alarms: 0,
  flips: 0,
  examples: [],
});

/** A bug planted in the judge's subject, to show that the judge would see it. */
export type Plant = 'none' | 'acknowledge-early';

/** Which steps and positions are tried, so that a slice is a slice of the same run. */
export interface Slice {
  step(n: number): boolean;
  byte(at: number): boolean;
}

class Simulator {
  readonly tally = tally();
  constructor(
    private readonly most: number,
    private readonly slice: Slice,
    private readonly plant: Plant,
  ) {}

  /** Every step of the work. */
  async run(): Promise<Tally> {
    const whole = new Disk();
    await work(this.planted(whole), blank(), this.most);
    for (const mode of ['power', 'error'] as const) {
      for (let stop = 0; stop < whole.steps; stop++) {
        if (!this.slice.step(stop)) continue;
        const disk = new Disk();
        disk.stopAt = stop;
        disk.mode = mode;
        const done = blank();
        try {
          await work(this.planted(disk), done, this.most);
        } catch (error) {
          if (!(error instanceof Refused) && !(error instanceof PowerLost)) throw error;
        }
        this.tally.crashes++;
        this.tally.acknowledged += done.leaves.length;
        await this.#worlds(disk, done);
      }
    }
    return this.tally;
  }

  /** fsync that answers before it has done anything, where that bug is planted. */
  planted(disk: Disk): Disk {
    if (this.plant === 'none') return disk;
    const files = disk.files.bind(disk);
    disk.files = (most) => {
      const honest = files(most);
      return {
        ...honest,
        open: async (path, mode) => ({ ...(await honest.open(path, mode)), sync: () => Promise.resolve() }),
      };
    };
    return disk;
  }

  /** Every disk that a crash here may leave behind. */
  async #worlds(disk: Disk, done: Acknowledged): Promise<void> {
    const dirty = disk.unsynced();
    for (let names = 0; names <= disk.pendingNames; names++) {
      await this.#world(
        disk.after(names, () => null),
        null,
        done,
        true,
      );
      for (const { path, bytes } of dirty) {
        for (const survival of survivals(bytes)) {
          // A whole prefix always, the rest as the slice has it.
          if (!this.slice.byte(survival.at) && survival.at !== bytes) continue;
          const image = disk.after(names, (other) => (other === path ? survival : { kind: 'prefix', at: Infinity }));
          await this.#world(image, survival, done, survival.at % 97 === 0);
        }
      }
    }
  }

  async #world(image: Image, survival: Survival | null, done: Acknowledged, deep: boolean): Promise<void> {
    this.tally.states++;
    const disk = new Disk(image);
    let journal: Journal;
    try {
      journal = await open(disk);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (survival?.kind === 'flip' && /^JOURNAL-([1-5]|12):/.test(error.message)) this.tally.flips++;
      else this.#report('alarms', `${JSON.stringify(survival)} ${error.message}`);
      return;
    }
    const steps = disk.steps;
    const found = contents(journal);
    this.#judge(found, done, image.get(JOURNAL) ?? new Uint8Array(), disk.image().get(JOURNAL)!);
    for (const blob of done.blobs) if (!(await journal.getBlob(blob)).ok) this.#report('lost', `blob ${blob}`);
    must(await journal.append([step(9)]));
    const after = disk.image();
    must(await journal.close());
    await this.#same(after, { ...found, leaves: [...found.leaves, '*'] });
    if (deep) await this.#recoveryCrashes(image, steps, found);
  }

  #judge(found: ReturnType<typeof contents>, done: Acknowledged, before: Uint8Array, now: Uint8Array): void {
    const kept = done.leaves.every((leaf, i) => found.leaves[i] === leaf);
    if (!kept) this.#report('lost', `${found.leaves.length} of ${done.leaves.length} entries`);
    if (found.disclosures < done.disclosures) this.#report('lost', 'a disclosure');
    if (!done.checkpoints.every((size) => found.checkpoints.includes(size))) this.#report('lost', 'a checkpoint');
    if (found.leaves.length > done.leaves.length + done.attempted) this.#report('changed', 'an entry nobody wrote');
    if (hex(before.subarray(0, now.length)) !== hex(now)) this.#report('changed', 'bytes of the journal');
  }

  /** Opened once more, a recovered ledger says the same. `*` stands for the entry added since. */
  async #same(image: Image, expected: ReturnType<typeof contents>): Promise<void> {
    try {
      const journal = await open(new Disk(image));
      const found = contents(journal);
      const leaves = found.leaves.map((leaf, i) => (expected.leaves[i] === '*' ? '*' : leaf));
      if (JSON.stringify({ ...found, leaves }) !== JSON.stringify(expected))
        this.#report('unstable', JSON.stringify({ ...found, leaves: leaves.length }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#report('unstable', error.message);
    }
  }

  /** Power goes again at every step of the recovery, with nothing, everything or half of what was not synced left. */
  async #recoveryCrashes(image: Image, steps: number, expected: ReturnType<typeof contents>): Promise<void> {
    for (let stop = 0; stop < steps; stop++) {
      const disk = new Disk(image);
      disk.stopAt = stop;
      try {
        await open(disk);
        throw new Error('the recovery did not reach this step');
      } catch (error) {
        if (!(error instanceof Refused) && !(error instanceof PowerLost)) throw error;
      }
      for (const names of new Set([0, Math.ceil(disk.pendingNames / 2), disk.pendingNames])) {
        const [dirty] = disk.unsynced();
        for (const at of new Set([0, (dirty?.bytes ?? 0) >> 1, dirty?.bytes ?? 0])) {
          this.tally.again++;
          await this.#same(
            disk.after(names, () => ({ kind: 'prefix', at })),
            expected,
          );
        }
      }
    }
  }

  #report(what: 'lost' | 'changed' | 'unstable' | 'alarms', example: string): void {
    this.tally[what]++;
    if (this.tally.examples.length < 5) this.tally.examples.push(`${what}: ${example}`);
  }
}

const blank = (): Running => ({ leaves: [], disclosures: 0, checkpoints: [], blobs: [], attempted: 0 });

function* survivals(bytes: number): Generator<Survival> {
  for (let at = 0; at <= bytes; at++) yield { kind: 'prefix', at };
  for (let at = 0; at < bytes; at++) yield { kind: 'zeros', at };
  // One bit of each byte, each time another one.
  for (let at = 0; at < bytes; at++) yield { kind: 'flip', at: at * 8 + (at % 8) };
}

/** `most`: bytes that one write takes. */
export const simulate = (slice: Slice, most = Infinity, plant: Plant = 'none'): Promise<Tally> =>
  new Simulator(most, slice, plant).run();

export const EVERYTHING: Slice = { step: () => true, byte: () => true };

export const describeTally = (name: string, t: Tally): string =>
  `${name}: ${t.crashes} crashes, ${t.states} disks after them, ${t.again} crashes of their recovery; ` +
  `${t.acknowledged} acknowledged entries, ${t.lost} lost, ${t.changed} changed, ${t.unstable} recoveries that differ, ` +
  `${t.alarms} false alarms, ${t.flips} whole lines with a flipped bit refused by name.\n`;
