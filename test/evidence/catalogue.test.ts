import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CATALOGUE, CHECK_IDS, GROUPS, groupOf } from '../../core/evidence/verify/catalogue.ts';
import { renderText } from '../../core/evidence/verify/render.ts';
import { verifyBundle } from '../../core/evidence/verify/verify-bundle.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { makeBundle, must } from './factory.ts';

const { archive, genesis } = await makeBundle();
const options = { trust: genesis, expect: 'rehearsal', now: '2026-03-20T08:31:07.000Z' } as const;

test('every check of the catalogue is in every report, once', async () => {
  for (const bytes of [archive, new Uint8Array(0)]) {
    const { checks } = must(await verifyBundle(crypto, bytes, options));
    expect(checks.map(({ id }) => id).sort()).toEqual([...CHECK_IDS].sort());
  }
});

test('each check says in a sentence what it proves and what it does not', () => {
  for (const id of CHECK_IDS) {
    const { proves, doesNotProve } = CATALOGUE[id];
    expect(Object.keys(GROUPS)).toContain(groupOf(id));
    for (const sentence of [proves, doesNotProve]) {
      expect(sentence).toMatch(/^[A-Z].*\.$/);
      expect(sentence).not.toMatch(/!/);
    }
  }
});

test('docs/evidence.md has every check with its title and both sentences', () => {
  const docs = readFileSync(join(import.meta.dirname, '../../docs/evidence.md'), 'utf8').replace(/\s+/g, ' ');
  for (const id of CHECK_IDS) {
    const { title, proves, doesNotProve } = CATALOGUE[id];
    for (const text of [`\`${id}\``, title, proves, doesNotProve]) expect(docs).toContain(text);
  }
});

test('no report calls a bundle verified without saying what was', async () => {
  const text = renderText(must(await verifyBundle(crypto, archive, options)));
  expect(text).not.toMatch(/^Verified/m);
  for (const verdict of ['Integrity', 'Origin', 'Key protection']) expect(text).toContain(verdict);
});

test('a report without a readable statement says so and fails', async () => {
  const report = must(await verifyBundle(crypto, new Uint8Array([1, 2, 3]), options));
  expect(report.passed).toBe(false);
  expect(report.checks[0]?.id).toBe('container.zip');
  expect(report.verdicts.keyProtection.level).toBeNull();
});

test('control characters from a bundle never reach the terminal', async () => {
  const report = must(await verifyBundle(crypto, archive, options));
  const checks = report.checks.map((check) => ({ ...check, detail: 'a\u001b[2Jb\u202e' }));

  expect(renderText({ ...report, checks })).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
});
