/** What somebody does to a closed ledger who can write to its folder. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NewEntry } from '../../core/ledger/event.ts';
import { nodeCrypto } from '../../electron/crypto.ts';
import { openJournal } from '../../electron/ledger/journal.ts';
import { must } from './bench.ts';

interface Spoilt {
  readonly ledger: string;
}

/** Keeps the first entries and no checkpoint that speaks of more, as someone would who covers their tracks. */
export function cut({ ledger }: Spoilt, size: number): void {
  const path = join(ledger, 'journal.jsonl');
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  writeFileSync(
    path,
    lines
      .slice(0, size)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const sidecar = join(ledger, 'disclosures.jsonl');
  const kept = readFileSync(sidecar, 'utf8')
    .split('\n')
    .slice(0, -1)
    .filter((line) => Number(line.split(' ')[0]) < size);
  writeFileSync(sidecar, kept.map((line) => `${line}\n`).join(''));
  for (const name of readdirSync(join(ledger, 'checkpoints'))) {
    if (Number(name.split('.')[0]) > size) rmSync(join(ledger, 'checkpoints', name));
  }
}

export const sizeOf = ({ ledger }: Spoilt): number =>
  readFileSync(join(ledger, 'journal.jsonl'), 'utf8').split('\n').length - 1;

export async function forge({ ledger }: Spoilt, entries: readonly NewEntry[]): Promise<void> {
  const journal = must(await openJournal(ledger, { crypto: nodeCrypto, environment: 'rehearsal' }));
  must(await journal.append(entries));
  must(await journal.close());
}

export const harmless: NewEntry = {
  event: { type: 'command.refused', data: { policy: 'STEP-1', command: 'ceremony.act', count: 1 } },
  ceremony: null,
  actor: { role: 'workstation' },
};
export const intent: NewEntry = {
  event: { type: 'act.intent', data: { act: 'key.discard-half', key: '0'.repeat(40), token: 'vault' } },
  ceremony: null,
  actor: { role: 'workstation' },
};
