/** The command line as a person uses it: the built file, run by plain Node, judged by its exit code and its words. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex } from '../../core/bytes.ts';
import { parseConsistencyFile, parseInclusionFile } from '../../core/ledger/proof.ts';
import type { LedgerReport } from '../../core/ledger/report.ts';
import { LEDGER_CHECKS } from '../../core/ledger/report.ts';
import { cut } from './attacks/attacks.ts';
import { generateLedger, newSigner, type Generated } from './generate.ts';
import { buildGoVerifier, goVerifier } from './go/build.ts';
import { head } from './go/logs.ts';
import { copy, value } from './scratch.ts';

const TOOL = resolve('out/standalone/ledger.mjs');
const SIZE = 40;
let made: Generated;
let root = '';
const dir = () => made.dir;
const vkey = () => made.by.vkey;
const receipt = () => join(root, 'receipt.note');

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'conclave-line-'));
  made = generateLedger(join(root, 'ledger'), SIZE);
  writeFileSync(receipt(), readFileSync(join(made.dir, 'checkpoints/40.note')));
});
afterAll(() => rmSync(root, { recursive: true }));

/** Nothing of the environment but what Node needs. */
const run = (...args: string[]) => spawnSync(process.execPath, [TOOL, ...args], { encoding: 'utf8', env: {} });

describe('verify', () => {
  it('passes a good ledger with a key and a receipt, and says what that does not prove', () => {
    const { status, stdout, stderr } = run('verify', dir(), '--key', vkey(), '--receipt', receipt());
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('TEST ONLY: a rehearsal ledger.');
    expect(stdout).toContain('Nothing that was checked is wrong: 40 entries, 40 of them sealed.');
    expect(stdout).toContain('Entries after the newest receipt could be missing without a trace.');
    expect(stdout).toContain('The root agrees and the log signed it.');
    const words = stdout.replaceAll(/\s+/g, ' ');
    for (const { title, doesNotProve } of Object.values(LEDGER_CHECKS)) {
      expect(words).toContain(title);
      expect(words).toContain(doesNotProve);
    }
  });

  it('says without a key and without a receipt what that leaves open', () => {
    const { status, stdout } = run('verify', dir());
    expect(status).toBe(0);
    const words = stdout.replaceAll(/\s+/g, ' ');
    expect(words).toContain(
      'Without a receipt, a ledger rolled back to an earlier state as a whole looks like this one.',
    );
    expect(words).toContain('Without a key from outside, anybody could have made a ledger like this one.');
    expect(words).toContain('NOT CHECKED Stored checkpoints');
  });

  it('names a truncation and a fork against the receipt, says what to do, and ends with 1', () => {
    const shorter = copy(dir());
    cut(shorter, 30);
    expect(run('verify', shorter, '--key', vkey()).status).toBe(0);
    const truncated = run('verify', shorter, '--key', vkey(), '--receipt', receipt());
    expect(truncated.status).toBe(1);
    expect(truncated.stdout).toContain('[RECEIPT-1]');
    expect(truncated.stdout.replaceAll(/\s+/g, ' ')).toContain(LEDGER_CHECKS['ledger.receipt'].toDo);
    const other = generateLedger(join(root, 'fork'), SIZE, { by: made.by, branch: 20 });
    expect(run('verify', other.dir, '--key', vkey()).status).toBe(0);
    const forked = run('verify', other.dir, '--key', vkey(), '--receipt', receipt());
    expect(forked.status).toBe(1);
    expect(forked.stdout).toContain('[RECEIPT-2]');
  });

  it('accepts a cosigned receipt, and refuses one with a bad signature of a named cosigner', () => {
    const custodian = newSigner('custodian.example/1');
    const good = head(SIZE, made.root, [made.by, custodian], made.by.key.name);
    const path = join(root, 'cosigned.note');
    writeFileSync(path, good);
    const args = ['verify', dir(), '--key', vkey(), '--cosigner', custodian.vkey, '--receipt', path];
    expect(run(...args).status).toBe(0);
    writeFileSync(path, good.slice(0, good.lastIndexOf('\u2014')) + custodian.line('another text\n'));
    const { status, stdout } = run(...args);
    expect(status).toBe(1);
    expect(stdout).toContain('[RECEIPT-3]');
  });

  it('writes a report for machines with the same findings', () => {
    const { status, stdout } = run('verify', dir(), '--key', vkey(), '--receipt', receipt(), '--json');
    expect(status).toBe(0);
    const report = JSON.parse(stdout) as LedgerReport;
    expect(report).toMatchObject({ v: 1, passed: true, size: SIZE, sealed: SIZE, root: hex(made.root) });
    expect(report.checks.map(({ id }) => id).sort()).toEqual(Object.keys(LEDGER_CHECKS).sort());
  });

  it.each([
    ['no folder', ['verify']],
    ['a folder that is no ledger', ['verify', tmpdir()]],
    ['a folder that does not exist', ['verify', '/nowhere']],
    ['a receipt that cannot be read', ['verify', 'LEDGER', '--receipt', '/nowhere']],
    ['a key that is none', ['verify', 'LEDGER', '--key', 'a+b+c']],
    ['a genesis sheet that is none', ['verify', 'LEDGER', '--trust', 'RECEIPT']],
    ['an unknown option', ['verify', 'LEDGER', '--quick']],
    ['an unknown command', ['repair', 'LEDGER']],
    ['an entry beyond the checkpoint', ['proof', 'LEDGER', '40']],
    ['an entry that is no number', ['proof', 'LEDGER', 'one']],
    ['a size without a checkpoint', ['proof', 'LEDGER', '5', '17']],
    ['an export without a form', ['export', 'LEDGER']],
  ])('ends with 2 and explains itself: %s', (_what, args) => {
    const given = args.map((arg) => (arg === 'LEDGER' ? dir() : arg === 'RECEIPT' ? receipt() : arg));
    const { status, stdout, stderr } = run(...given);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Exit code:');
    expect(stderr).not.toContain('defect');
  });
});

describe('proof', () => {
  const journal = () => readFileSync(join(dir(), 'journal.jsonl'), 'utf8').split('\n');

  it('writes a tlog-proof for an entry that the Go verifier accepts, and for that entry alone', () => {
    const binary = buildGoVerifier();
    const path = join(root, 'entry.tlog-proof');
    for (const seq of [0, 17, 39]) {
      const { status, stdout } = run('proof', dir(), String(seq));
      expect(status).toBe(0);
      expect(value(parseInclusionFile(stdout)).index).toBe(seq);
      writeFileSync(path, stdout);
      const hash = (n: number) => journal()[n]!.slice(0, 64);
      expect(goVerifier(binary, ['inclusion', path, hash(seq), vkey()])).toBe(`OK ${SIZE} ${hex(made.root)}`);
      expect(goVerifier(binary, ['inclusion', path, hash((seq + 1) % SIZE), vkey()])).toMatch(/^WRONG/);
    }
  }, 60_000);

  it('writes a consistency file between two sizes that the Go verifier accepts', () => {
    const path = join(root, 'consistency');
    expect(run('proof', dir(), '10', '40', '--out', path).status).toBe(0);
    expect(value(parseConsistencyFile(readFileSync(path, 'utf8'))).oldSize).toBe(10);
    const note = readFileSync(join(dir(), 'checkpoints/10.note'), 'utf8');
    const oldRoot = Buffer.from(note.split('\n')[2]!, 'base64').toString('hex');
    expect(goVerifier(buildGoVerifier(), ['consistency', path, oldRoot, vkey()])).toBe(`OK ${SIZE} ${hex(made.root)}`);
    // A file that is there is never written over.
    expect(run('proof', dir(), '10', '40', '--out', path).status).toBe(2);
  }, 60_000);

  it('is not made out of a ledger that does not verify', () => {
    const bad = copy(dir());
    const path = join(bad, 'journal.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('key-20', 'key-21'));
    const { status, stdout, stderr } = run('proof', bad, '3');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain('[JOURNAL-2]');
  });
});

describe('export', () => {
  it('writes the exact bytes of every entry, and names only when asked', () => {
    const plain = run('export', dir(), '--jsonl');
    expect([plain.status, plain.stderr]).toEqual([0, '40 entries were written.\n']);
    const lines = plain.stdout.trimEnd().split('\n');
    const journal = readFileSync(join(dir(), 'journal.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines).toEqual(journal.map((line) => `{"leaf_hash":"${line.slice(0, 64)}","entry":${line.slice(65)}}`));
    expect(plain.stdout).not.toContain('Name 2');
    const words = run('export', dir(), '--jsonl', '--disclose').stdout.split('\n');
    expect(JSON.parse(words[2]!)).toMatchObject({ disclosed: { name: 'Name 2', medium: 'USB stick 3' } });
  });

  it('is read by jq, line by line', () => {
    const { stdout } = run('export', dir(), '--jsonl');
    expect(execFileSync('jq', ['-s', 'map(.entry.seq) | add'], { input: stdout, encoding: 'utf8' }).trim()).toBe('780');
  });

  it('stops before the first line that is wrong and ends with 1', () => {
    const bad = copy(dir());
    const path = join(bad, 'journal.jsonl');
    writeFileSync(path, readFileSync(path, 'utf8').replace('key-20', 'key-21'));
    const { status, stdout, stderr } = run('export', bad, '--jsonl');
    expect([status, stdout.split('\n').length - 1]).toEqual([1, 20]);
    expect(stderr).toContain('JOURNAL-2');
  });
});
