/** The off-host witness as a person uses it: the built file, run by plain Node, with files as they lie on a medium. */
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { base64, utf8 } from '../../core/bytes.ts';
import { pgpWords } from '../../core/digest/words.ts';
import { WITNESS_FINDINGS } from '../../core/ledger/findings.ts';
import { writePublicFile } from '../../core/people/key-file.ts';
import { sealKeyFile, sha256Hex, spkiOf } from '../../electron/custody/key-file.ts';
import { generateLedger, newSigner, type Generated } from './generate.ts';
import { buildGoVerifier, goVerifier } from './go/build.ts';

const WITNESS = resolve('out/standalone/witness.mjs');
const LEDGER = resolve('out/standalone/ledger.mjs');
const SIZE = 120;
const PASSPHRASE = 'six words that nobody draws twice';
const NAME = 'witness.example/w1';

let root = '';
let ledger: Generated;
let keyFile = '';

const tool = (file: string, input: string, ...args: string[]) =>
  spawnSync(process.execPath, [file, ...args], { encoding: 'utf8', env: {}, input });
const witness = (...args: string[]) => tool(WITNESS, `${PASSPHRASE}\n`, ...args);
const show = (dir: string) => witness('show', dir).stdout;

/** A request from `old` to `size`, written by the ledger's own command line. */
function request(from: string, old: number, size: number): string {
  const path = join(root, `request-${old}-${size}-${Math.random()}`);
  const { status, stderr } = tool(LEDGER, '', 'proof', from, String(old), String(size), '--out', path);
  expect([status, stderr]).toEqual([0, '']);
  return path;
}

let count = 0;
/** A witness of the ledger, with a key file as people have. */
function newWitness(): string {
  const dir = join(root, `witness-${count++}`);
  const made = witness('init', dir, '--log', ledger.by.vkey, '--name', NAME, '--key-file', keyFile);
  expect([made.status, made.stderr]).toEqual([0, '']);
  return dir;
}

const vkeyOf = (dir: string): string => /^Witness +(\S+)$/m.exec(show(dir))![1]!;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'conclave-witness-'));
  ledger = generateLedger(join(root, 'ledger'), SIZE);
  const { privateKey } = generateKeyPairSync('ed25519');
  const ageIdentity = await generateX25519Identity();
  const created = new Date().toISOString();
  // A low work factor: the product's own takes seconds, and one test below uses it.
  const sealed = await sealKeyFile({ privateKey, ageIdentity, created }, PASSPHRASE, 8);
  keyFile = join(root, 'witness-1.age');
  writeFileSync(keyFile, sealed);
  const spki = spkiOf(privateKey);
  const recipient = await identityToRecipient(ageIdentity);
  const beside = { person: 'witness-1', keyId: sha256Hex(spki), spki: base64(spki), recipient, created };
  writeFileSync(join(root, 'witness-1.pub.json'), writePublicFile({ ...beside, keyFileSha256: sha256Hex(sealed) }));
});
afterAll(() => rmSync(root, { recursive: true }));

describe('the witness tool', () => {
  it('cosigns the first head and a later one, keeps the last, and leaves receipts that the verifiers accept', () => {
    const dir = newWitness();
    expect(show(dir)).toContain('It has cosigned no head yet.');
    const first = witness('answer', dir, request(ledger.dir, 0, 10));
    expect(first.status).toBe(0);
    expect(first.stdout).toMatch(/^\u2014 witness\.example\/w1 [A-Za-z0-9+/=]+\n$/);
    const answer = join(root, 'answer.txt');
    expect(witness('answer', dir, request(ledger.dir, 10, SIZE), '--out', answer).status).toBe(0);
    for (const word of pgpWords(Buffer.from(ledger.root).toString('hex'))) expect(show(dir)).toContain(word);

    const note = readFileSync(join(dir, `head-${SIZE}.note`), 'utf8');
    expect(note.endsWith(readFileSync(answer, 'utf8'))).toBe(true);
    const keys = ['--key', ledger.by.vkey, '--cosigner', vkeyOf(dir)];
    const verified = tool(LEDGER, '', 'verify', ledger.dir, ...keys, '--receipt', join(dir, `head-${SIZE}.note`));
    expect(verified.status).toBe(0);
    expect(verified.stdout.replaceAll(/\s+/g, ' ')).toContain(`Cosigned by ${NAME}.`);

    // The Go verifier takes the cosigned note for a checkpoint of this ledger, and no longer when a bit is changed.
    const binary = buildGoVerifier();
    const stored = join(ledger.dir, `checkpoints/${SIZE}.note`);
    const before = readFileSync(stored);
    writeFileSync(stored, note);
    expect(goVerifier(binary, ['ledger', ledger.dir, ledger.by.vkey, vkeyOf(dir)])).toMatch(/^OK /);
    writeFileSync(stored, note.replace(/=\n$/, 'A\n').replace(/.A\n$/, 'B=\n'));
    expect(goVerifier(binary, ['ledger', ledger.dir, ledger.by.vkey, vkeyOf(dir)])).not.toMatch(/^OK /);
    writeFileSync(stored, before);
  }, 60_000);

  it('refuses older heads, forks, gaps and strangers by name, says what to do, and keeps its last head', () => {
    const dir = newWitness();
    expect(witness('answer', dir, request(ledger.dir, 0, 100)).status).toBe(0);
    const before = readFileSync(join(dir, 'witness.json'));
    const fork = generateLedger(join(root, 'fork'), SIZE, { by: ledger.by, branch: 50 });
    const stranger = generateLedger(join(root, 'stranger'), SIZE, { by: newSigner() });
    writeFileSync(join(root, 'nothing'), 'nothing');
    const cases = [
      ['WITNESS-1', join(root, 'nothing')],
      ['WITNESS-2', request(stranger.dir, 100, SIZE)],
      ['WITNESS-3', request(ledger.dir, 10, 10)],
      ['WITNESS-4', request(fork.dir, 100, 100)],
      ['WITNESS-4', request(fork.dir, 100, SIZE)],
      ['WITNESS-5', request(ledger.dir, 0, SIZE)],
      ['WITNESS-5', request(fork.dir, 10, SIZE)],
    ] as const;
    for (const [id, path] of cases) {
      const { status, stdout, stderr } = witness('answer', dir, path);
      expect([id, status, stdout]).toEqual([id, 1, '']);
      expect(stderr).toContain(`[${id}]`);
      expect(stderr).toContain(WITNESS_FINDINGS[id]);
      expect(stderr).toContain('Nothing was cosigned.');
      expect(readFileSync(join(dir, 'witness.json'))).toEqual(before);
    }
    expect(witness('answer', dir, request(ledger.dir, 100, SIZE)).status).toBe(0);
  }, 60_000);

  it('signs nothing and keeps its last head where the passphrase is wrong or the key file is another', () => {
    const dir = newWitness();
    const before = readFileSync(join(dir, 'witness.json'));
    const ask = request(ledger.dir, 0, 10);
    const wrong = tool(WITNESS, 'another passphrase\n', 'answer', dir, ask);
    expect([wrong.status, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toContain('This passphrase does not open');
    expect(wrong.stderr).not.toContain('another passphrase');
    expect(witness('answer', dir, ask, '--key-file', join(root, 'missing.age')).status).toBe(2);
    expect(readFileSync(join(dir, 'witness.json'))).toEqual(before);
    // The refusals left no lock behind.
    expect(existsSync(join(dir, 'witness.lock'))).toBe(false);
    expect(witness('answer', dir, ask).status).toBe(0);
  });

  it('makes a key of its own, which the age tool’s format protects as people’s keys are', () => {
    const dir = join(root, 'own');
    expect(tool(WITNESS, 'too short\n', 'init', dir, '--log', ledger.by.vkey, '--name', NAME).status).toBe(2);
    const made = witness('init', dir, '--log', ledger.by.vkey, '--name', NAME);
    expect([made.status, made.stderr]).toEqual([0, '']);
    expect(readFileSync(join(dir, 'witness.age')).toString('latin1')).toMatch(
      /^age-encryption\.org\/v1\n-> scrypt \S+ 18\n/,
    );
    expect(witness('answer', dir, request(ledger.dir, 0, SIZE)).status).toBe(0);
    // A second init would forget the last head.
    expect(witness('init', dir, '--log', ledger.by.vkey, '--name', NAME, '--key-file', keyFile).status).toBe(2);
  }, 60_000);

  it('does not run beside itself', () => {
    const dir = newWitness();
    writeFileSync(join(dir, 'witness.lock'), '');
    const second = witness('answer', dir, request(ledger.dir, 0, 10));
    expect(second.status).toBe(2);
    expect(second.stderr).toContain('Another run holds');
  });

  it('overwrites no answer, and still remembers that it cosigned', () => {
    const dir = newWitness();
    const out = join(root, 'taken.txt');
    writeFileSync(out, 'something');
    expect(witness('answer', dir, request(ledger.dir, 0, 10), '--out', out).status).toBe(2);
    expect(readFileSync(out, 'utf8')).toBe('something');
    // Kept before the signature leaves: the same head may be asked for again, an older one may not.
    expect(witness('answer', dir, request(ledger.dir, 10, 10)).status).toBe(0);
    expect(witness('answer', dir, request(ledger.dir, 0, 1)).stderr).toContain('[WITNESS-3]');
  });

  it.each([
    ['no command', []],
    ['no folder', ['show']],
    ['a folder that is no witness', ['show', tmpdir()]],
    ['an unknown command', ['repair', 'DIR']],
    ['no request', ['answer', 'DIR']],
    ['an unknown option', ['show', 'DIR', '--quick']],
    ['a log key that is none', ['init', '/tmp/never', '--log', 'a+b+c', '--name', NAME]],
    ['two ways to name the log', ['init', '/tmp/never', '--log', 'x', '--trust', 'y', '--name', NAME]],
    ['a person without a key file', ['init', '/tmp/never', '--trust', 'y', '--person', 'witness-1']],
    ['a name with a space', ['init', '/tmp/never', '--log', 'VKEY', '--name', 'a b']],
  ])('ends with 2 and explains itself: %s', (_what, args) => {
    const given = args.map((one) => (one === 'VKEY' ? ledger.by.vkey : one));
    const { status, stdout, stderr } = witness(...given);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.length).toBeGreaterThan(20);
    expect(stderr).not.toContain('A defect of this tool');
  });

  it('says how it is used', () => {
    const { status, stdout } = witness('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('answer DIR REQUEST');
    expect(utf8(stdout).length).toBeLessThan(2_000);
  });
});
