/** A disk in memory that keeps apart what was written, what is on the medium, and which names are on the medium. */
import type { JournalFiles, WritableFile } from '../../../electron/ledger/files.ts';
import type { Clockwork, Cut } from './clockwork.ts';

interface Node {
  data: Uint8Array;
  synced: Uint8Array;
}

const failure = (code: string): Error => Object.assign(new Error(code), { code });
const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const join = (a: Uint8Array, b: Uint8Array): Uint8Array => {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
};

export class FakeDisk implements JournalFiles {
  #names = new Map<string, Node>();
  #durable = new Map<string, Node>();

  constructor(
    private readonly power: Clockwork,
    /** A disk that says fsync and does not do it. Planted to show that the checks can fail. */
    private readonly lies = false,
  ) {}

  clone(power: Clockwork): FakeDisk {
    const copy = new FakeDisk(power, this.lies);
    const nodes = new Map<Node, Node>();
    const of = (node: Node): Node => {
      const made = nodes.get(node) ?? { ...node };
      nodes.set(node, made);
      return made;
    };
    copy.#names = new Map([...this.#names].map(([path, node]) => [path, of(node)]));
    copy.#durable = new Map([...this.#durable].map(([path, node]) => [path, of(node)]));
    return copy;
  }

  /** What the medium holds of a file, whatever was only written. */
  medium(path: string): Uint8Array {
    return this.#durable.get(path)?.synced ?? new Uint8Array();
  }

  /** The power comes back: only what was on the medium is there, and of the rest what the cut says. */
  restore({ keep, names }: Pick<Cut, 'keep' | 'names'>): void {
    if (names === 'lost') this.#names = new Map(this.#durable);
    for (const node of this.#names.values()) {
      const grown = node.data.length - node.synced.length;
      const appended = grown > 0 && node.synced.every((byte, i) => node.data[i] === byte);
      if (!appended) node.data = keep === 'none' ? node.synced : node.data;
      else if (keep === 'none') node.data = node.synced;
      else if (keep === 'zeros') node.data = join(node.synced, new Uint8Array(grown));
      else if (keep !== 'all') node.data = node.data.slice(0, node.synced.length + Math.min(keep, grown));
      node.synced = node.data;
    }
    this.#durable = new Map(this.#names);
  }

  async open(path: string, mode: 'append' | 'create'): Promise<WritableFile> {
    const there = this.#names.get(path);
    if (there && mode === 'create') throw failure('EEXIST');
    const node: Node = there ?? { data: new Uint8Array(), synced: new Uint8Array() };
    if (!there) await this.power.step(`make ${path}`, () => void this.#names.set(path, node));
    return {
      write: (bytes) => {
        const middle = bytes.slice(0, Math.ceil(bytes.length / 2));
        return this.power.step(
          `write ${path} ${bytes.length}`,
          () => {
            node.data = join(node.data, bytes);
            return bytes.length;
          },
          () => (node.data = join(node.data, middle)),
        );
      },
      sync: () =>
        this.power.step(`fsync ${path}`, () => {
          if (!this.lies) node.synced = node.data;
        }),
      truncate: (size) => this.power.step(`truncate ${path}`, () => void (node.data = node.data.slice(0, size))),
      close: () => this.power.look(() => undefined),
    };
  }

  read(path: string): Promise<Uint8Array | null> {
    return this.power.look(() => this.#names.get(path)?.data.slice() ?? null);
  }

  readAt(path: string, position: number, length: number): Uint8Array {
    return this.#names.get(path)?.data.slice(position, position + length) ?? new Uint8Array();
  }

  list(folder: string): Promise<string[]> {
    const under = [...this.#names.keys()].filter((path) => folderOf(path) === folder);
    return this.power.look(() => under.map((path) => path.slice(folder.length + 1)));
  }

  makeFolder(): Promise<void> {
    return this.power.look(() => undefined);
  }

  rename(from: string, to: string): Promise<void> {
    return this.power.step(`rename ${to}`, () => {
      const node = this.#names.get(from);
      if (!node) throw failure('ENOENT');
      this.#names.delete(from);
      this.#names.set(to, node);
    });
  }

  link(from: string, to: string): Promise<void> {
    return this.power.step(`link ${to}`, () => {
      if (this.#names.has(to)) throw failure('EEXIST');
      this.#names.set(to, this.#names.get(from)!);
    });
  }

  remove(path: string): Promise<void> {
    return this.power.step(`remove ${path}`, () => {
      if (!this.#names.delete(path)) throw failure('ENOENT');
    });
  }

  syncFolder(folder: string): Promise<void> {
    return this.power.step(`fsync ${folder}/`, () => {
      for (const path of [...this.#durable.keys()]) if (folderOf(path) === folder) this.#durable.delete(path);
      for (const [path, node] of this.#names) if (folderOf(path) === folder) this.#durable.set(path, node);
    });
  }
}
