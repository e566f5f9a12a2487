import { expect, test } from 'vitest';
import { verifyBundle } from '../../core/evidence/verify/verify-bundle.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { makeBundle, must } from './factory.ts';
import type { FactoryOptions } from './spoil.ts';
import { runRecipe } from './recipe.ts';

const KINDS: readonly (readonly [string, FactoryOptions])[] = [
  ['P-256 evidence about an active P-384 key', {}],
  ['approvals signed by P-256 cards', { people: 'ec-p256', initialState: 'pre-active' }],
  ['approvals signed by RSA cards', { people: 'rsa-3072', initialState: 'pre-active' }],
  [
    'P-384 evidence about a pre-active P-256 key',
    { attestation: 'ec-p384', subject: 'ec-p256', initialState: 'pre-active' },
  ],
  [
    'RSA-PSS evidence about an RSA key with a PSS request',
    { attestation: 'rsa-3072', root: 'rsa-3072', subject: 'rsa-3072' },
  ],
  ['an Ed25519 log key', { log: 'ed25519', initialState: 'pre-active' }],
  ['a P-384 log key', { log: 'ec-p384', initialState: 'pre-active' }],
  [
    'an RSA log key, and an RSA key with a PKCS #1 request',
    { log: 'rsa-3072', subject: 'rsa-3072', requestUse: 'pkcs1' },
  ],
];

test.for(KINDS)('OpenSSL and the verifier both accept %s', { timeout: 120_000 }, async ([, options]) => {
  const { archive, genesis } = await makeBundle(options);
  const report = must(
    await verifyBundle(crypto, archive, { trust: genesis, expect: 'rehearsal', now: '2026-03-20T08:31:07.000Z' }),
  );
  expect(report.checks.filter(({ result, required }) => required && result !== 'PASS')).toEqual([]);
  const recipe = runRecipe(archive, genesis);
  expect(recipe.output).toContain('Every command succeeded.');
  expect(recipe.passed).toBe(true);
});
