/** A slice of the kill run with fixed points; the whole of it is in test/faults/ledger-kill.long.ts. */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { afterKill, afterRecovery } from './kill/checker.ts';
import { chain, copied, noCounts, prepareScenes, said } from './kill/run.ts';

let scenes: Awaited<ReturnType<typeof prepareScenes>>;
beforeAll(async () => {
  scenes = await prepareScenes();
}, 240_000);
afterAll(() => {
  for (const { dataDir } of scenes.values()) rmSync(dataDir, { recursive: true, force: true });
});

test('the application killed at numbered points, and again while it recovers, keeps every entry that it acknowledged and gives each intent one outcome', async () => {
  const counts = noCounts();
  const [generate, , last] = [...scenes].map(([scene, prepared]) => ({ scene, prepared }));
  await chain(generate!, [11, 4], counts);
  await chain(last!, [9, 6], counts);
  process.stdout.write(said(counts));
  expect(counts.violations).toEqual([]);
  expect(counts.kills).toBe(4);
}, 240_000);

test('the checker finds a lost entry, a changed one, an intent without an outcome and a key that nobody announced', () => {
  const prepared = [...scenes.values()].at(-1)!;
  const dataDir = copied(prepared);
  const where = { dataDir, userPin: prepared.userPin };
  const journal = join(dataDir, 'vault', 'ledger', 'journal.jsonl');
  const text = readFileSync(journal, 'utf8');
  try {
    expect(afterRecovery(where, [])).toEqual([]);
    expect(afterKill(where, [{ size: 10_000, root: '' }]).join()).toContain('were acknowledged');
    expect(afterKill(where, [{ size: 5, root: '0'.repeat(64) }]).join()).toContain('the first 5 entries changed');
    writeFileSync(journal, text.replace('"token.bound"', '"token.bounD"'));
    expect(afterKill(where, []).join()).toContain('the chain breaks at');
    // Everything from the result of the key's making on is cut off.
    const lines = text.split('\n');
    const made = lines.findIndex((line) => line.includes('"act.result"') && line.includes('"key.generate"'));
    writeFileSync(journal, lines.slice(0, made).join('\n') + '\n');
    expect(afterRecovery(where, []).join()).toContain('has 0 outcomes');
    writeFileSync(journal, text);
    execFileSync(
      'pkcs11-tool',
      ['--module', '/usr/lib/softhsm/libsofthsm2.so', '--token-label', 'conclave-rehearsal', '--login', '--pin'].concat(
        [prepared.userPin, '--keypairgen', '--key-type', 'EC:prime256v1', '--id', 'abcd', '--label', 'UNANNOUNCED'],
      ),
      {
        stdio: 'ignore',
        env: { ...process.env, SOFTHSM2_CONF: join(dataDir, 'softhsm', 'softhsm2.conf') },
      },
    );
    expect(afterKill(where, []).join()).toContain('no intent announced it');
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
