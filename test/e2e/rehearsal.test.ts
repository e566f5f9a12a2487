import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violationsInBothThemes } from './axe.ts';
import { launchApp, newFolder } from './launch.ts';
import { PLAN, rehearse, STEP_SCREENS, type Rehearsal } from './rehearsal.ts';

const ROOT = join(import.meta.dirname, '../..');

let outDir: string;
let left: Rehearsal;
const said: string[] = [];
const faults: string[] = [];
const inspected: string[] = [];

/** One rehearsal for every test of this file: what follows looks at what it showed and left. */
beforeAll(async () => {
  outDir = newFolder('rehearsal');
  left = await rehearse({
    launch: launchApp,
    outDir,
    log: (line) => said.push(line),
    inspect: async (page, name) => {
      inspected.push(name);
      faults.push(...(await violationsInBothThemes(page, name)));
    },
  });
}, 480_000);
afterAll(() => rmSync(outDir, { recursive: true, force: true }));

const inOut = (...path: string[]): string => join(outDir, ...path);
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
const run = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'utf8' });

/** The shipped verifier as a stranger runs it: one file in an empty folder. */
function verify(...options: string[]): { status: number | null; stdout: string } {
  const cwd = mkdtempSync(join(tmpdir(), 'conclave-stranger-'));
  try {
    const verifier = join(ROOT, 'out/standalone/verify.mjs');
    const args = [verifier, inOut(left.bundle), '--trust', inOut('genesis.json'), ...options];
    return spawnSync(process.execPath, args, { cwd, env: {}, encoding: 'utf8' });
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

test('every step of the script is said in the terminal and pictured', () => {
  for (const [at, id] of STEP_SCREENS.entries()) {
    expect(said.some((line) => line.startsWith(`Step ${at + 1} of ${STEP_SCREENS.length}:`))).toBe(true);
    expect(statSync(inOut('screenshots', `${id}.png`)).size).toBeGreaterThan(10_000);
  }
  expect(readdirSync(inOut('screenshots')).sort()).toEqual(left.screens.map((name) => `${name}.png`).sort());
});

test('axe reports no violation on any screen of the ceremony in either theme', () => {
  expect(inspected).toEqual(left.screens);
  expect(faults).toEqual([]);
});

test('the bundle verifies as a rehearsal with the genesis sheet alone, and its report begins TEST ONLY', () => {
  const { status, stdout } = verify('--expect', 'rehearsal');
  expect(stdout).toMatch(/^TEST ONLY/);
  expect(status).toBe(0);
});

test('the bundle does not pass where a production bundle is expected', () => {
  expect(verify().status).toBe(1);
});

test('digests read from the screen are those of the files', () => {
  expect(sha256(inOut('genesis.json'))).toBe(left.genesisDigest);
  expect(sha256(inOut(left.bundle))).toBe(left.bundleDigest);
});

test('the ledger database is read by the sqlite3 tool and holds every entry of the journal', () => {
  const lines = readFileSync(inOut('ledger/journal.jsonl'), 'utf8').split('\n').length - 1;
  // The database is written when the ceremony ends; closing the application adds nothing to an ended session.
  expect(run('sqlite3', inOut('ledger/log.sqlite'), 'PRAGMA integrity_check; SELECT count(*) FROM entry;')).toBe(
    `ok\n${lines}\n`,
  );
});

test.each([
  ['genesis-sheet.pdf', () => left.genesisDigest],
  ['plan-CER-2026-001.pdf', () => left.planDigest],
])('the printable sheet %s is tagged and shows the digest in groups with words', (name, digest) => {
  const file = readdirSync(outDir).find((each) => each.startsWith(name.replace(/-CER.*/, '')) && each.endsWith('.pdf'));
  const text = run('pdftotext', '-layout', inOut(file ?? name), '-');
  expect(text).toContain('TEST ONLY');
  for (const group of digest().match(/.{4}/g) ?? []) expect(text).toContain(group);
  expect(run('pdfinfo', inOut(file ?? name))).toMatch(/Tagged:\s+yes/);
});

test('the plan sheet names the key and every step of the script', () => {
  const file = readdirSync(outDir).find((name) => /^plan-.*\.pdf$/.test(name)) ?? '';
  const text = run('pdftotext', '-layout', inOut(file), '-').replaceAll(/\s+/g, ' ');
  expect(text).toContain(PLAN.label);
  expect(text).toContain('Make and verify a test signature');
});

test('each single fault in this bundle is found by the verifier, at the check that is about it', () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project',
      'rooms',
      'test/evidence/mutations.test.ts',
    ].concat(
      // The checker's own planted bugs say nothing about this bundle.
      ['-t', 'the genuine bundle passes|found where it must be'],
    ),
    {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, CONCLAVE_BUNDLE: inOut(left.bundle), CONCLAVE_GENESIS: inOut('genesis.json') },
    },
  );
  expect(status, `${stdout}${stderr}`).toBe(0);
});
