/**
 * Every single fault in a genuine bundle is found by the shipped verifier, at the check that is about it. Runs the built
 * command line as a process of its own, once a mutation.
 *
 * CONCLAVE_BUNDLE and CONCLAVE_GENESIS name a bundle and its genesis sheet to mutate, such as those of a rehearsal.
 * Without them a bundle of the test's own factory is taken.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { makeBundle } from './factory.ts';
import { mutationsOf, type Mutation } from './mutator/mutations.ts';
import { entriesOf, unzip, zip } from './mutator/zip.ts';
import { codeBlocks, runRecipe } from './recipe.ts';
import { Verifier, type Run } from './verifier.ts';

const named = process.env['CONCLAVE_BUNDLE'];
const sheet = process.env['CONCLAVE_GENESIS'];
const foreign = await makeBundle();
const made =
  named !== undefined && sheet !== undefined
    ? { archive: readFileSync(named), genesis: readFileSync(sheet) }
    : await makeBundle();
const genuine = Buffer.from(made.archive);
const genesis = Buffer.from(made.genesis);
const other = Buffer.from(foreign.archive);
const otherGenesis = foreign.genesis;
const mutations: readonly Mutation[] = mutationsOf(genuine, other);
const verifier = new Verifier(genesis);
const { folder, file: VERIFIER, genesis: genesisFile } = verifier;
const rehearsal = (archive: Buffer): Run => verifier.rehearsal(archive);
const run: Verifier['run'] = (...args) => verifier.run(...args);

afterAll(() => verifier.remove());

test('the genuine bundle passes, with exit code 0', () => {
  const { status, failed, checks } = rehearsal(genuine);
  expect(failed).toEqual([]);
  expect(checks.filter(({ required, result }) => required && result !== 'PASS')).toEqual([]);
  expect(status).toBe(0);
});

test('the mutator writes the genuine bundle again byte for byte', () => {
  expect(zip(entriesOf(unzip(genuine))).equals(genuine)).toBe(true);
});

test('there are at least twenty mutations, all different from the bundle and from one another', () => {
  expect(mutations.length).toBeGreaterThanOrEqual(20);
  expect(
    new Set([genuine, ...mutations.map(({ archive }) => archive)].map((bytes) => bytes.toString('base64'))).size,
  ).toBe(mutations.length + 1);
});

test.for(mutations)('$name: found where it must be', { timeout: 60_000 }, ({ archive, at, summed }) => {
  const { status, passed, failed } = rehearsal(archive);
  expect(status).toBe(1);
  expect(passed).toBe(false);
  expect(failed.length).toBeGreaterThan(0);
  expect(failed).toEqual(expect.arrayContaining([...at]));
  if (summed) expect(failed).not.toContain('container.sums');
});

describe('what is asked of the verifier counts', () => {
  test('a rehearsal bundle fails where production is expected, at trust.environment alone', () => {
    const { status, failed } = run(genuine);
    expect({ status, failed }).toEqual({ status: 1, failed: ['trust.environment'] });
  });

  test('the genuine bundle of another vault fails under this genesis sheet', () => {
    const { status, failed } = rehearsal(other);
    expect(status).toBe(1);
    for (const id of [
      'certificate.chain',
      'certificate.signer',
      'approvals.signatures',
      'ledger.checkpoint',
      'trust.genesis',
      'trust.people',
    ])
      expect(failed).toContain(id);
  });

  test('with the root fingerprint alone nothing fails, the quorum is NOT CHECKED, and the exit code is 1', () => {
    const fingerprint = (JSON.parse(genesis.toString()) as { operatorRoot: { sha256: string } }).operatorRoot.sha256;
    const { status, failed, checks } = run(
      genuine,
      ['--expect', 'rehearsal', '--root-fingerprint', fingerprint],
      VERIFIER,
      false,
    );
    expect({ status, failed }).toEqual({ status: 1, failed: [] });
    const open = checks.filter(({ result, required }) => required && result === 'NOT CHECKED').map(({ id }) => id);
    expect(open.sort()).toEqual([
      'approvals.quorum',
      'approvals.separation',
      'approvals.signatures',
      'ledger.checkpoint',
      'trust.genesis',
      'trust.people',
      'trust.policy',
    ]);
    const other = run(genuine, ['--expect', 'rehearsal', '--root-fingerprint', '0'.repeat(64)], VERIFIER, false);
    expect(other.failed).toEqual(['certificate.chain']);
  });

  test('with no trust at all the origin is NOT CHECKED', () => {
    const { status, failed, checks } = run(genuine, ['--expect', 'rehearsal'], VERIFIER, false);
    expect({ status, failed }).toEqual({ status: 1, failed: [] });
    expect(checks.find(({ id }) => id === 'certificate.chain')?.result).toBe('NOT CHECKED');
  });

  test('a genesis sheet that was altered, an unknown option and a missing file end with exit code 2', () => {
    const altered = join(folder, 'altered.json');
    writeFileSync(altered, genesis.toString().replace('"required":2', '"required":1'));
    const file = join(folder, 'bundle.zip');
    writeFileSync(file, genuine);
    const code = (...args: string[]): number | null => spawnSync(process.execPath, [VERIFIER, ...args]).status;
    expect(code(file, '--trust', altered)).toBe(2);
    expect(code(file, '--trust', genesisFile, '--force')).toBe(2);
    expect(code(join(folder, 'absent.zip'), '--trust', genesisFile)).toBe(2);
    expect(code()).toBe(2);
  });

  test('the text report of a rehearsal begins TEST ONLY', () => {
    writeFileSync(join(folder, 'bundle.zip'), genuine);
    const args = [VERIFIER, join(folder, 'bundle.zip'), '--trust', genesisFile, '--expect', 'rehearsal'];
    expect(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout).toMatch(/^TEST ONLY\n/);
  });
});

describe('the OpenSSL recipe agrees on what it covers', () => {
  const guide = unzip(genuine).get('VERIFY.md')!.toString();

  test('it accepts the genuine bundle and refuses another genesis sheet', { timeout: 120_000 }, () => {
    expect(runRecipe(genuine, genesis).passed).toBe(true);
    expect(runRecipe(genuine, otherGenesis).passed).toBe(false);
  });

  test('its commands are those of the file, and there are ten blocks or more', () => {
    expect(codeBlocks(guide).match(/openssl/g)?.length).toBeGreaterThanOrEqual(10);
  });

  // Byte changes are many and alike; the edits that someone would make on purpose are all run.
  const covered = mutations.filter(
    ({ recipe, name }) => recipe && (!name.startsWith('one bit') || /key|statement|plan|range/.test(name)),
  );
  test.for(covered)('$name: refused by OpenSSL and the coreutils too', { timeout: 120_000 }, ({ archive }) => {
    expect(runRecipe(archive, genesis, guide).passed).toBe(false);
  });
});

describe('the mutations can find a verifier that does not check', () => {
  const mutation = (name: string) => mutations.find((one) => one.name === name)!;

  const BUGS: readonly (readonly [string, string, RegExp, string, string])[] = [
    [
      'low S is not required',
      'signature.ts',
      /parts\.s <= n \/ 2n;/,
      'parts.s < n;',
      'the other spelling of the statement signature',
    ],
    [
      'texts are not compared',
      'verify/container.ts',
      /const wrong = \[[^\]]*\];/,
      'const wrong = [];',
      'VERIFY.md rewritten',
    ],
    ['the archive is not rebuilt', 'zip.ts', /!equal\(writeZip\(files\), archive\)/, 'false', 'an executable mode'],
    [
      'spare signature lines are let through',
      'verify/opened.ts',
      /signatures\.length === 1 \?/,
      'signatures.length > 0 ?',
      'an unknown signature line on the checkpoint everywhere',
    ],
  ];
  test.for(BUGS)('planted: %s', { timeout: 60_000 }, async ([, file, before, after, name]) => {
    expect(verifier.finds(mutation(name))).toBe(true);
    expect(verifier.finds(mutation(name), await verifier.planted(file, before, after))).toBe(false);
  });
});
