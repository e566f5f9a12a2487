/**
 * What the token enforces: every state, type of key and profile, each operation asked of a real key. The answers are
 * compared with an oracle that knows nothing of core, and are kept in docs/lifecycle-matrix.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { format, resolveConfig } from 'prettier';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { Purpose, type Mechanism } from '../../core/ledger/fields.ts';
import { reachable, type Profile } from '../../core/lifecycle/profile.ts';
import { PROFILES, profileOf } from '../../core/lifecycle/profiles/index.ts';
import { mechanismsFor, PURPOSES } from '../../core/lifecycle/purpose.ts';
import type { TokenRef } from '../../electron/hsm/port.ts';
import { BY_PROCEDURE } from './by-procedure.ts';
import { type Bench, bench, idOf, makeVault, must } from './host.ts';
import { expected, isNever, STATES } from './matrix/oracle.ts';
import { matrixDocument } from './matrix/document.ts';
import { placesOf, walk, type Cell } from './matrix/walk.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const ROOT = resolve(import.meta.dirname, '../..');
const FILE = join(ROOT, 'docs/lifecycle-matrix.md');

let b: Bench;
let token: TokenRef;
const cells: Cell[] = [];
beforeAll(async () => {
  b = await bench();
  const { description, version } = must(await b.hsm.open(b.request));
  process.stdout.write(`asked: ${description} ${version}\n`);
  ({ token } = await makeVault(b.hsm, 'vault'));
});
afterAll(() => b.close());

/** Where the token answered otherwise than the published tables say. */
const wrongIn = (list: readonly Cell[]): Cell[] =>
  list.filter(({ profile, type, state, operation, answer }) => answer !== expected(profile, type, state, operation));

/** One size of each algorithm: the token is asked of every size what it may do when active in use.test.ts. */
const SIZES: readonly Mechanism[] = ['ec-p256', 'rsa-2048', 'ed25519', 'aes-256', 'hmac-sha256'];

const KINDS = Purpose.options.flatMap((purpose) =>
  mechanismsFor(purpose)
    .filter((mechanism) => SIZES.includes(mechanism))
    .map((mechanism) => ({ purpose, mechanism })),
);

test('the oracle has the states of every profile, and the same that a type of key never comes into', () => {
  expect(Object.keys(STATES).sort()).toEqual(PROFILES.map(({ id }) => id).sort());
  const types = new Set(PURPOSES.flatMap(({ objects }) => Object.values(objects)));
  for (const profile of PROFILES) {
    const places = placesOf(profile).map(({ state, off }) => (off.length > 0 ? `${state}, not enabled` : state));
    expect(Object.keys(STATES[profile.id]!).sort()).toEqual(places.sort());
    for (const type of types) {
      const there = reachable(profile, type, 'none');
      const never = profile.states.filter(({ state }) => !there.has(state)).map(({ state }) => state);
      expect(never).toEqual(profile.states.map(({ state }) => state).filter((s) => isNever(profile.id, type, s)));
    }
  }
});

describe('a key is refused what its state forbids, with CKR_KEY_FUNCTION_NOT_PERMITTED, and does the rest', () => {
  test.each(KINDS)('$purpose: $mechanism', async ({ purpose, mechanism }) => {
    const found = await walk(b.hsm, token, purpose, mechanism, PROFILES);
    expect(wrongIn(found)).toEqual([]);
    cells.push(...found);
  });
});

describe('the comparison finds', () => {
  const other = (change: Partial<Profile>): Profile => ({ ...profileOf('nist-sp800-57@r5'), ...change });
  const rights = (name: string, change: object): Profile =>
    other({
      states: other({}).states.map((row) => (row.state === name ? { ...row, ...change } : row)),
    });

  test('a profile that lets a suspended key protect', async () => {
    const found = await walk(b.hsm, token, 'mac', 'hmac-sha256', [rights('suspended', { protect: 'yes' })]);
    expect(wrongIn(found)).toMatchObject([{ state: 'suspended', operation: 'sign', answer: 'CKR_OK' }]);
  });

  test('a profile that takes a right from a deactivated key', async () => {
    const found = await walk(b.hsm, token, 'encrypt', 'aes-128', [rights('deactivated', { process: 'no' })]);
    expect(wrongIn(found)).toMatchObject([
      { state: 'deactivated', operation: 'decrypt', answer: 'CKR_KEY_FUNCTION_NOT_PERMITTED' },
    ]);
  });

  test('a right that is left on the token', async () => {
    const found = await walk(b.hsm, token, 'derive', 'ec-p256', [other({})], async (name, place) => {
      if (place !== 'compromised') return;
      const attributes = [{ name: 'CKA_SIGN', value: true }] as const;
      must(await b.hsm.setAttributes({ token, ckaId: idOf(name), class: 'private-key', attributes }));
    });
    expect(wrongIn(found)).toMatchObject([{ state: 'compromised', operation: 'sign', answer: 'CKR_OK' }]);
  });
});

test('docs/lifecycle-matrix.md says what was measured', async () => {
  const text = matrixDocument(cells, Object.values(BY_PROCEDURE));
  const config = await resolveConfig(FILE);
  const made = await format(text, { ...config, parser: 'markdown', plugins: [] });
  process.stdout.write(
    `${cells.length} answers of the token, ${new Set(cells.map(({ type }) => type)).size} types of key\n`,
  );
  if (process.env['CONCLAVE_WRITE_MATRIX'] === '1') writeFileSync(FILE, made);
  process.stdout.write(made);
  expect(readFileSync(FILE, 'utf8')).toBe(made);
});
