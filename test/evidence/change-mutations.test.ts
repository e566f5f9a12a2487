/**
 * Single faults in bundles about a change of state, found by the shipped verifier at the check that is about them. The
 * faults that every bundle can have are in mutations.test.ts.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { makeChange } from './factory.ts';
import { changeEdits } from './mutator/changes.ts';
import { mutationsOf } from './mutator/mutations.ts';
import { unzip } from './mutator/zip.ts';
import { runRecipe } from './recipe.ts';
import { Verifier } from './verifier.ts';

const made = await makeChange(['suspend', 'resume']);
const other = Buffer.from((await makeChange(['suspend', 'resume'])).archive);
const genuine = Buffer.from(made.archive);
const verifier = new Verifier(made.genesis);
const guide = unzip(genuine).get('VERIFY.md')!.toString();
const names = changeEdits(unzip(genuine), unzip(other)).map(([name]) => name);
const mutations = mutationsOf(genuine, other).filter(({ name }) => names.includes(name));

afterAll(() => verifier.remove());

test('the genuine bundle passes, and there are ten faults or more of its own', () => {
  expect(verifier.rehearsal(genuine)).toMatchObject({ status: 0, failed: [] });
  expect(mutations.map(({ name }) => name)).toEqual(names);
  expect(mutations.length).toBeGreaterThanOrEqual(10);
});

test.for(mutations)('$name: found where it must be', ({ archive, at }) => {
  const { status, failed } = verifier.rehearsal(archive);
  expect(status).toBe(1);
  expect(failed).toEqual(expect.arrayContaining([...at]));
  expect(failed).not.toContain('container.sums');
});

// Whatever is edited in the statement falls with its signature; what is edited beside it is worth a run.
const beside = mutations.filter(({ at }) => !at.includes('statement.signature'));
test.for(beside)('$name: refused by OpenSSL and the coreutils too', { timeout: 60_000 }, ({ archive }) => {
  expect(runRecipe(archive, made.genesis, guide).passed).toBe(false);
});

test('a fault that flips what a destruction left is found as well', async () => {
  const destroyed = await makeChange(['destroy']);
  const its = new Verifier(destroyed.genesis);
  const all = mutationsOf(Buffer.from(destroyed.archive), other);
  const fault = all.find(({ name }) => name === 'an object said to be gone, or to be there')!;
  expect(its.finds(fault)).toBe(true);
  its.remove();
});

describe('the faults can find a verifier that does not check', () => {
  const BUGS: readonly (readonly [string, string, RegExp, string, string])[] = [
    [
      'a statement is not compared with what was replayed',
      'verify/lifecycle.ts',
      /return wrong === undefined\n?\s*\?/,
      'return wrong !== null ?',
      'the state before edited',
    ],
    [
      'the state of the public object is not compared',
      'verify/lifecycle.ts',
      / \|\| lifecycle\.publicState !== record\.public/,
      '',
      'the final state edited',
    ],
    [
      'entries from before the ceremony are not asked for',
      'verify/lifecycle.ts',
      /if \(!earlier\) return failed\([^)]*\)/,
      'if (!earlier) return unchecked()',
      'the last earlier act left out with its proofs',
    ],
  ];
  test.for(BUGS)('planted: %s', { timeout: 60_000 }, async ([, file, before, after, name]) => {
    const fault = mutations.find((one) => one.name === name)!;
    expect(verifier.finds(fault)).toBe(true);
    expect(verifier.finds(fault, await verifier.planted(file, before, after))).toBe(false);
  });
});
