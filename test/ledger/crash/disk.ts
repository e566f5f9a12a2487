/* eslint-disable @typescript-eslint/require-await -- async turns what an operation throws into a rejection */
/**
 * A disk that can lose power at any step. What was written is in its cache until fsync; at a crash each of several
 * worlds is possible, and all of them are handed out: any prefix of the bytes not yet synced, the size without the
 * bytes, a flipped bit among them, and of the names not yet synced any beginning of their order.
 *
 * Limits: writes that were synced stay as they are, names appear and go in the order they were changed, and bytes not
 * yet synced lie at the end of a file, because the ledger only ever appends.
 */
import { dirname } from 'node:path';
import type { JournalFiles, WritableFile } from '../../../electron/ledger/files.ts';

/** Power is gone. Every later operation ends the same way. */
export class PowerLost extends Error {}

const errno = (code: string): Error => Object.assign(new Error(code), { code });

interface Inode {
  /** What is on the medium. */
  synced: Uint8Array;
  /** What a process sees. */
  cached: Uint8Array;
}

/** One change of names: what the entry of a folder is afterwards. Null is no such name. */
type Change = readonly (readonly [path: string, inode: Inode | null])[];

/** What survives of bytes that were not synced. */
export interface Survival {
  readonly kind: 'prefix' | 'zeros' | 'flip';
  /** `prefix`, `zeros`: so many of the bytes are there; `zeros`: the rest are zero. `flip`: this bit is the other one. */
  readonly at: number;
}

/** The content of a disk on which everything is synced. */
export type Image = ReadonlyMap<string, Uint8Array>;

export class Disk {
  readonly #names: Map<string, Inode>;
  #synced: Map<string, Inode>;
  #pending: Change[] = [];
  #lost = false;
  /** Steps so far: operations that change something or wait for the medium. */
  steps = 0;
  /** The step before which power goes, or at which only the operation fails. */
  stopAt = Infinity;
  mode: 'power' | 'error' = 'power';

  constructor(image: Image = new Map()) {
    this.#names = new Map([...image].map(([path, bytes]) => [path, { synced: bytes, cached: bytes }]));
    this.#synced = new Map(this.#names);
  }

  /** What a process sees. */
  image(): Image {
    return new Map([...this.#names].map(([path, inode]) => [path, inode.cached]));
  }

  /** Files with bytes that are not on the medium, and how many. */
  unsynced(): { path: string; bytes: number }[] {
    return [...this.#names]
      .map(([path, { synced, cached }]) => ({ path, bytes: cached.length - synced.length }))
      .filter(({ bytes }) => bytes > 0);
  }

  get pendingNames(): number {
    return this.#pending.length;
  }

  /**
   * The disk after power came back: the first `names` changes of names survived, and of each file's unsynced bytes what
   * `survival` says (nothing where it is null).
   */
  after(names: number, survival: (path: string) => Survival | null): Image {
    const entries = new Map(this.#synced);
    for (const change of this.#pending.slice(0, names)) {
      for (const [path, inode] of change) {
        if (inode === null) entries.delete(path);
        else entries.set(path, inode);
      }
    }
    return new Map(
      [...entries].map(([path, { synced, cached }]) => {
        if (cached.length <= synced.length) return [path, synced];
        const how = survival(path);
        if (how === null) return [path, synced];
        const tail = cached.slice(synced.length);
        const left = how.kind === 'prefix' ? tail.slice(0, how.at) : tail;
        if (how.kind === 'zeros') left.fill(0, how.at);
        if (how.kind === 'flip') left[how.at >> 3]! ^= 1 << (how.at & 7);
        return [path, new Uint8Array([...synced, ...left])];
      }),
    );
  }

  #step(): void {
    if (this.#lost) throw new PowerLost();
    if (this.steps++ !== this.stopAt) return;
    if (this.mode === 'error') throw errno('EIO');
    this.#lost = true;
    throw new PowerLost();
  }

  #change(...change: Change): void {
    for (const [path, inode] of change) {
      if (inode === null) this.#names.delete(path);
      else this.#names.set(path, inode);
    }
    this.#pending.push(change);
  }

  #at(path: string): Inode {
    const inode = this.#names.get(path);
    if (!inode) throw errno('ENOENT');
    return inode;
  }

  /** `most`: bytes that one write takes, so that writing everything takes several. */
  files(most = Infinity): JournalFiles {
    return {
      open: async (path, mode) => {
        this.#step();
        const found = this.#names.get(path);
        if (found && mode === 'create') throw errno('EEXIST');
        const inode = found ?? { synced: new Uint8Array(), cached: new Uint8Array() };
        if (!found) this.#change([path, inode]);
        return this.#writable(inode, most);
      },
      read: async (path) => {
        if (this.#lost) throw new PowerLost();
        return this.#names.get(path)?.cached.slice() ?? null;
      },
      readAt: (path, position, length) => {
        if (this.#lost) throw new PowerLost();
        return this.#names.get(path)?.cached.slice(position, position + length) ?? new Uint8Array();
      },
      list: async (folder) => {
        if (this.#lost) throw new PowerLost();
        const under = [...this.#names.keys()].filter((path) => dirname(path) === folder);
        return under.map((path) => path.slice(folder.length + 1));
      },
      // Folders are there with their first file: an empty one means nothing to the ledger.
      makeFolder: async () => this.#step(),
      rename: async (from, to) => {
        this.#step();
        this.#change([to, this.#at(from)], [from, null]);
      },
      link: async (from, to) => {
        this.#step();
        if (this.#names.has(to)) throw errno('EEXIST');
        this.#change([to, this.#at(from)]);
      },
      remove: async (path) => {
        this.#step();
        this.#at(path);
        this.#change([path, null]);
      },
      syncFolder: async () => {
        this.#step();
        this.#synced = new Map(this.#names);
        this.#pending = [];
      },
    };
  }

  #writable(inode: Inode, most: number): WritableFile {
    return {
      write: async (bytes) => {
        this.#step();
        const taken = bytes.slice(0, most);
        inode.cached = new Uint8Array([...inode.cached, ...taken]);
        return taken.length;
      },
      sync: async () => {
        this.#step();
        inode.synced = inode.cached;
      },
      truncate: async (size) => {
        this.#step();
        inode.cached = inode.cached.slice(0, size);
        // The shorter size reaches the medium with the sync, not before.
      },
      close: async () => {
        if (this.#lost) throw new PowerLost();
      },
    };
  }
}
