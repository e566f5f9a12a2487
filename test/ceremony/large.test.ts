/** The ledger host behind the real application: a check that can be stopped, pages meanwhile, and a whole verification. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AppView } from '../../contract/views.ts';
import type { NewEntry } from '../../core/ledger/event.ts';
import { Bench, must, mustFail, prepare, type Prepared } from './bench.ts';

const SIZE = 6_000;

const refused: NewEntry = {
  event: { type: 'command.refused', data: { policy: 'STEP-1', command: 'ceremony.act', count: 1 } },
  ceremony: null,
  actor: { role: 'workstation' },
};

/** The exact sentences of the screens. */
const written = readFileSync(resolve('docs/ledger.md'), 'utf8').replace(/\s+/g, ' ');

let prepared: Prepared;
beforeAll(async () => {
  prepared = await prepare(async (bench) => {
    must(await bench.freeze());
    await bench.runTo('generate');
    must(await bench.vault.append(Array.from({ length: SIZE }, () => refused)));
  });
}, 240_000);
afterAll(() => rmSync(prepared.root, { recursive: true, force: true }));

/** Resolves with the first snapshot for which `fits` is true. */
function waiting(): {
  changed: (view: AppView) => void;
  until: (fits: (view: AppView) => boolean) => Promise<AppView>;
} {
  let last: AppView | null = null;
  const listeners = new Set<(view: AppView) => void>();
  return {
    changed: (view) => {
      last = view;
      for (const listener of listeners) listener(view);
    },
    until: (fits) =>
      new Promise((resolve) => {
        const look = (view: AppView) => {
          if (!fits(view)) return;
          listeners.delete(look);
          resolve(view);
        };
        listeners.add(look);
        if (last) look(last);
      }),
  };
}

describe('a ledger that is being checked', () => {
  test('can be read as far as it was checked, takes no entry, and is opened when all of it was checked', async () => {
    const news = waiting();
    const opening = Bench.over(prepared, { changed: news.changed });
    const during = await news.until(({ opening: it }) => it !== null && it.done > 0);
    expect(during.phase).toBe('opening');
    expect(during.opening!.total).toBeGreaterThan(SIZE);
    const bench = await opening;
    expect(bench.view).toMatchObject({ phase: 'ready', opening: null });
    expect(bench.view.status.ledger!.size).toBe(during.opening!.total + 1);
    await bench.close();
  });

  test('is stopped where it was, stays closed, refuses every command, and is checked again from the beginning', async () => {
    const news = waiting();
    const bench = Bench.of(prepared, { changed: news.changed });
    const opened = bench.open();
    await news.until(({ opening: it }) => it !== null && it.done > 0);
    const page = must(await bench.h['ledger.page']({ limit: 5 }));
    expect(page.entries).toHaveLength(5);
    const refusedNow = mustFail(await bench.h['ceremony.logout']({ step: 'logout' }));
    expect(written).toContain(`${refusedNow.message} ${refusedNow.hint}`);
    expect(mustFail(await bench.h['setup.chooseRehearsal']({})).policy).toBe('SETUP-4');
    await bench.app.refusedCall('hsm.abort');
    must(await bench.h['ledger.stopCheck']({}));
    await opened;
    expect(bench.view).toMatchObject({ phase: 'opening', refusal: null, opening: { stopped: true } });
    expect(mustFail(await bench.h['ledger.verify']({})).code).toBe('busy');
    must(await bench.h['ledger.checkAgain']({}));
    const ready = await news.until(({ phase }) => phase === 'ready');
    expect(ready.status.ledger!.size).toBeGreaterThan(SIZE);
    await bench.app.begun;
    // What was refused before the ledger was open is recorded in it.
    const { entries } = must(await bench.h['ledger.page']({ limit: 5 }));
    expect(entries.filter(({ leaf }) => leaf.includes('"command":"hsm.abort"'))).toHaveLength(1);
    await bench.close();
  });
});

describe('an open ledger', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.over(prepared);
  }, 120_000);
  afterAll(() => bench.close());

  test('is filtered by number, person, time and text, and follows what is entered', async () => {
    const total = async (input: object) => must(await bench.h['ledger.page']({ limit: 200, ...input })).total;
    const size = bench.view.status.ledger!.size;
    expect(await total({})).toBe(size);
    expect(must(await bench.h['ledger.page']({ limit: 200, text: '4321' })).entries.map(({ seq }) => seq)).toContain(
      4321,
    );
    expect(await total({ type: 'command.refused' })).toBeGreaterThanOrEqual(SIZE);
    expect(await total({ person: 'custodian-1' })).toBeGreaterThan(0);
    expect(await total({ to: '2020-01-01T00:00:00.000Z' })).toBe(0);
    expect(await total({ from: '2020-01-01T00:00:00.000Z' })).toBe(size);
    expect(await total({ text: 'ada admin' })).toBeGreaterThan(0);
    must(await bench.vault.append([refused]));
    expect(await total({})).toBe(size + 1);
    const older = must(await bench.h['ledger.page']({ limit: 2, before: 100 }));
    expect(older.entries.map(({ seq }) => seq)).toEqual([99, 98]);
  });

  test('is verified whole in a process of its own: every document is named and here, and nothing fails', async () => {
    const report = must(await bench.h['ledger.verify']({}));
    expect(report).toMatchObject({ passed: true, size: bench.view.status.ledger!.size });
    const documents = report.checks.find(({ id }) => id === 'ledger.blobs');
    expect(documents).toMatchObject({ result: 'PASS' });
    const same = report.checks.find(({ id }) => id === 'ledger.same')!;
    expect(same.result).toBe('PASS');
    for (const sentence of [same.found, same.doesNotProve, same.toDo]) expect(written).toContain(sentence);
    expect(bench.view.verifying).toBeNull();
  });

  test('says by name which document was altered, is missing, or is named by no entry', async () => {
    const folder = join(bench.folder.ledger, 'blobs', 'sha256');
    const names = readdirSync(folder).sort();
    const [first = '', second = ''] = names;
    const [was, other] = [readFileSync(join(folder, first)), readFileSync(join(folder, second))];
    const blobs = async () => {
      const { findings } = must(await bench.h['ledger.verify']({}));
      return findings.filter(({ id }) => id.startsWith('BLOB')).map(({ id, what }) => [id, what] as const);
    };
    writeFileSync(join(folder, 'f'.repeat(64)), 'x');
    expect((await blobs())[0]).toEqual(['BLOB-1', expect.stringContaining('f'.repeat(64))]);
    rmSync(join(folder, 'f'.repeat(64)));
    rmSync(join(folder, second));
    expect(await blobs()).toEqual([['BLOB-2', expect.stringContaining(second)]]);
    writeFileSync(join(folder, second), other);
    writeFileSync(join(folder, first), Buffer.concat([was, Buffer.from(' ')]));
    expect((await blobs())[0]).toEqual(['BLOB-1', expect.stringContaining(first)]);
    writeFileSync(join(folder, first), was);
    must(await bench.vault.journal.putBlob(new Uint8Array([1, 2, 3])));
    expect((await blobs()).map(([id]) => id)).toEqual(['BLOB-3']);
  });

  test('takes a witnessed clock reading, and later entries carry its bound', async () => {
    const reading = `${new Date(Date.now() - 1_000).toISOString().slice(0, 19)}Z`;
    const input = { reading, uncertainty: 2, source: 'Radio clock', reader: 'administrator-1', witness: 'witness-1' };
    expect(mustFail(await bench.h['clock.read']({ ...input, witness: 'custodian-1' })).policy).toBe('READING-1');
    must(await bench.h['clock.read'](input));
    expect(bench.view.vault!.reading).toMatchObject({ reading, uncertainty: 2 });
    expect(bench.view.vault!.reading!.bound).toBeGreaterThanOrEqual(3);
    must(await bench.vault.append([refused]));
    const { entry } = bench.vault.journal.entries().at(-1)!;
    expect(entry.clock.reading).toBe(reading);
    expect(entry.clock.bound).toBeGreaterThanOrEqual(3);
    const report = must(await bench.h['ledger.verify']({}));
    expect(report.findings.filter(({ id }) => id.startsWith('CLOCK'))).toEqual([]);
    expect(bench.refusals()).toContain('READING-1');
  });

  test('that is changed on the disk while it is open is found out by whoever reads the entry, and ends all work', async () => {
    const journal = join(bench.folder.ledger, 'journal.jsonl');
    const whole = readFileSync(journal, 'utf8');
    const lines = whole.split('\n');
    lines[2] = lines[2]!.replace('"v":1', '"v":2');
    writeFileSync(journal, lines.join('\n'));
    expect(() => bench.vault.journal.entries(2, 3)).toThrow(
      /Entry 2: .* changed on the disk while the ledger was open/,
    );
    expect(mustFail(await bench.vault.append([refused])).policy).toBe('JOURNAL-14');
    const report = must(await bench.h['ledger.verify']({}));
    expect(report.passed).toBe(false);
    const same = report.checks.find(({ id }) => id === 'ledger.same')!;
    expect(same.result).toBe('FAIL');
    expect(written).toContain(same.found);
    writeFileSync(journal, whole);
  });
});
