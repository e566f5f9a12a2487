/**
 * Data folders for tests of the application: made by the application's own parts on Node, with key files that open
 * quickly, up to the place where a test begins. The real application then opens them like any other.
 */
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Input } from '../../contract/schema.ts';
import type { NewEntry } from '../../core/ledger/event.ts';
import { Bench, PASSPHRASE } from '../ceremony/bench.ts';
import { must } from '../hsm/host.ts';
import type { Member } from './crew.ts';

export interface Prepared {
  readonly dataDir: string;
  readonly userPin: string;
  readonly passphrase: string;
  /** The sixteen groups of the plan sheet; empty without a plan. */
  readonly planSheet: readonly string[];
  /** As the crew of these tests is enrolled: all with the same passphrase. */
  readonly people: readonly Member[];
}

export interface PrepareOptions {
  readonly plan?: Partial<Input<'plan.freeze'>>;
  /** Id of the step that is the next one to be done, `closed` for a ceremony that ended. Without it no plan is made. */
  readonly until?: string;
  /** Entries without any meaning that are added, so that the ledger has about as many. */
  readonly entries?: number;
}

/** Removing the folder is up to the caller. */
export async function prepareVault(label: string, options: PrepareOptions = {}): Promise<Prepared> {
  // It belongs to us until the application is started: a data folder of somebody else is refused.
  const dataDir = mkdtempSync(join(tmpdir(), `conclave-${label}-`));
  chmodSync(dataDir, 0o700);
  const bench = await Bench.start({ root: dataDir });
  await bench.setUp();
  if (options.until !== undefined) {
    must(await bench.freeze(options.plan));
    await bench.runTo(options.until === 'closed' ? undefined : options.until);
  }
  await lengthen(bench, options.entries ?? 0);
  const planSheet = bench.view.ceremony?.plan.sha256.match(/.{4}/g) ?? [];
  const people = (bench.view.vault?.people ?? []).map(({ role, name }) => ({
    role: `${role.charAt(0).toUpperCase()}${role.slice(1)}` as Member['role'],
    name,
    passphrase: PASSPHRASE,
  }));
  await bench.app.shutdown();
  return { dataDir, userPin: bench.userPin, passphrase: PASSPHRASE, planSheet, people };
}

/** Adds refusals, many with one fsync, as nobody could make them at a desk. */
async function lengthen(bench: Bench, size: number): Promise<void> {
  const BATCH = 5_000;
  const refused: NewEntry = {
    event: { type: 'command.refused', data: { policy: 'STEP-1', command: 'ceremony.act', count: 1 } },
    ceremony: null,
    actor: { role: 'workstation' },
  };
  while (bench.vault.journal.size < size) {
    const count = Math.min(BATCH, size - bench.vault.journal.size);
    must(await bench.vault.append(Array.from({ length: count }, () => refused)));
  }
}

/** An entry of the journal, as far as these tests look into it. */
export interface JournalEntry {
  /** Leaf hash, hex. */
  readonly hash: string;
  readonly seq: number;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The complete lines of the journal on disk, read without any part of the application. */
export function journalOf(dataDir: string): JournalEntry[] {
  const text = readFileSync(join(dataDir, 'vault', 'ledger', 'journal.jsonl'), 'utf8');
  // `<leaf hash> <JCS leaf>`; what follows the last line feed was never acknowledged.
  const lines = text.split('\n').slice(0, -1);
  return lines.map((line) => {
    const at = line.indexOf(' ');
    return { ...(JSON.parse(line.slice(at + 1)) as Omit<JournalEntry, 'hash'>), hash: line.slice(0, at) };
  });
}

/** Intents whose outcome is not in the journal, oldest first. */
export function openIntents(dataDir: string): JournalEntry[] {
  const entries = journalOf(dataDir);
  const settled = new Set(
    entries.filter(({ type }) => type === 'act.result' || type === 'act.recovered').map(({ data }) => data['intent']),
  );
  return entries.filter(({ type, hash }) => type === 'act.intent' && !settled.has(hash));
}
