/**
 * Closes a ledger for good, or moves it to another workstation: the head is signed, two copies are made and read back, the
 * last entry says so, and its head is signed. What says so goes beside each copy and on paper.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decideEnd, mayEnd, type EndKind } from '../../core/continuity/end.ts';
import { concat, hex, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { journalLine } from '../../core/ledger/entry.ts';
import type { JournalLine } from '../../core/ledger/verify-journal.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Engine } from '../ceremony/engine.ts';
import type { Vault } from '../ceremony/vault.ts';
import { END, makeCopy, twoMedia } from '../ledger/copies.ts';
import { diskFiles, writeAtomically } from '../ledger/files.ts';
import { originOf } from '../setup/predecessor.ts';
import { sheetOf, type Sheet } from './sheet.ts';

export interface EndInput {
  readonly kind: EndKind;
  readonly media: readonly [string, string];
  readonly confirmed: readonly string[];
  readonly pin: Uint8Array;
}

export interface EndPorts {
  readonly crypto: Crypto;
  readonly vault: Vault;
  readonly engine: Engine;
  readonly folders: { readonly root: string; readonly ledger: string };
  /** UTC, ISO 8601. */
  readonly now: () => string;
  readonly working: (title: string | null) => void;
  /** Writes a sheet as JSON and on paper into the exports folder; gives the path of the paper. */
  readonly keep: (sheet: Sheet) => Promise<Result<string>>;
}

export async function endLedger(input: EndInput, ports: EndPorts): Promise<Result<string>> {
  const { vault, engine } = ports;
  // The successor's name is chosen here, so that this ledger's last entry can say it.
  const successor = input.kind === 'succeeded' ? originOf(globalThis.crypto.randomUUID()) : undefined;
  const done = await engine.withToken(
    input.pin,
    (state) => mayEnd(state, input.confirmed),
    async ({ seal, leaving }) => {
      const left = await vault.append(leaving());
      if (!left.ok) return left;
      const sealed = await seal();
      if (!sealed.ok) return sealed;
      const copied = await makeCopies(input.media, ports);
      if (!copied.ok) return copied;
      const ended = await appendEnd(input.kind, input.confirmed, copied.value, vault, successor);
      if (!ended.ok) return ended;
      const last = await seal();
      return last.ok ? ok({ folders: copied.value.folders, line: ended.value }) : last;
    },
  );
  return done.ok ? conclude(input.kind, done.value, ports) : done;
}

interface Copies {
  readonly folders: readonly string[];
  readonly copies: readonly {
    readonly sums: string;
    readonly files: number;
    readonly size: number;
    readonly root: string;
  }[];
  readonly apart: boolean;
}

/** Two copies of the ledger as it is, each read back. */
async function makeCopies(media: readonly [string, string], ports: EndPorts): Promise<Result<Copies>> {
  const { crypto, vault, folders, now, working } = ports;
  const two = await twoMedia(media, folders.root);
  if (!two.ok) return two;
  const name = `conclave-ledger-${now().replace(/[:.]/g, '-')}`;
  const made = [];
  for (const [i, medium] of two.value.folders.entries()) {
    working(`Writing and reading back copy ${i + 1} of 2`);
    const folder = join(medium, name);
    const copy = await makeCopy(folders.ledger, folder, {
      crypto,
      environment: vault.state.environment,
      logKey: vault.logKey ?? undefined,
    });
    if (!copy.ok) return copy;
    made.push({ folder, ...copy.value });
  }
  return ok({ folders: made.map(({ folder }) => folder), copies: made, apart: two.value.apart });
}

/** The last entry. Nothing else is accepted after it. */
async function appendEnd(
  kind: EndKind,
  confirmed: readonly string[],
  { copies, apart }: Copies,
  vault: Vault,
  successor?: string,
): Promise<Result<JournalLine>> {
  const here = { size: vault.journal.size, root: hex(vault.journal.root()), environment: vault.state.environment };
  const decided = decideEnd(here, kind, {
    copies,
    apart,
    confirmed,
    ...(successor === undefined ? {} : { successor }),
  });
  if (!decided.ok) return decided;
  const appended = await vault.append([decided.value]);
  return appended.ok ? ok(appended.value.at(-1)!) : appended;
}

/** Puts the last entry and its head beside each copy, and the sheet into the exports folder. */
async function conclude(
  kind: EndKind,
  { folders, line }: { readonly folders: readonly string[]; readonly line: JournalLine },
  { crypto, vault, now, keep }: EndPorts,
): Promise<Result<string>> {
  const head = vault.journal.latestCheckpoint();
  const covered = head && head.size > line.entry.seq ? head : null;
  const sheet = sheetOf(
    crypto,
    vault,
    line,
    {
      kind,
      copies: folders,
      doesNotProve: [
        'That the media can be written once only: software cannot tell.',
        'That nobody copied or changed the old workstation’s disk afterwards.',
      ],
    },
    now(),
  );
  try {
    for (const folder of folders) {
      const end = join(folder, END);
      await mkdir(end);
      await writeAtomically(diskFiles, join(end, 'journal.jsonl'), concat(journalLine(crypto, line.leaf), utf8('\n')));
      if (covered) await writeAtomically(diskFiles, join(end, `${covered.size}.note`), utf8(covered.note));
      await writeAtomically(diskFiles, join(end, 'continuity.json'), sheet.json);
    }
  } catch {
    return fail({
      code: 'io',
      message: 'The ledger has ended, but its last entry could not be written beside both copies.',
      hint: 'Export the ledger’s folder again and keep it with the copies.',
    });
  }
  return keep(sheet);
}
