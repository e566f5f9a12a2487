/** No byte of any file of a bundle is free: changing one, with the archive and SHA256SUMS put right again, never passes. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256Sums } from '../../core/evidence/texts.ts';
import { verifyBundle } from '../../core/evidence/verify/verify-bundle.ts';
import { readZip, writeZip, type Files } from '../../core/evidence/zip.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { makeBundle, must } from './factory.ts';

const { archive, genesis } = await makeBundle();
const files = must(readZip(archive));
const names = [...files.keys()];

async function passes(changed: Files): Promise<boolean> {
  const all = new Map(changed);
  all.delete('SHA256SUMS');
  const whole = writeZip(all.set('SHA256SUMS', sha256Sums(crypto, all)));
  const options = { trust: genesis, expect: 'rehearsal', now: '2026-03-20T08:31:07.000Z' } as const;
  return must(await verifyBundle(crypto, whole, options)).passed;
}

test('the bundle put together again passes', async () => {
  expect(await passes(files)).toBe(true);
});

test('a changed, added or dropped byte anywhere in any file never passes', { timeout: 120_000 }, async () => {
  const faults = fc.record({
    name: fc.constantFrom(...names.filter((name) => name !== 'SHA256SUMS')),
    at: fc.nat(1_000_000),
    flip: fc.integer({ min: 1, max: 255 }),
    how: fc.constantFrom('change', 'add', 'drop'),
  });
  await fc.assert(
    fc.asyncProperty(faults, async ({ name, at, flip, how }) => {
      const body = files.get(name)!;
      fc.pre(body.length > 0);
      const i = at % body.length;
      const altered =
        how === 'change'
          ? body.map((byte, n) => (n === i ? byte ^ flip : byte))
          : how === 'add'
            ? new Uint8Array([...body.slice(0, i), flip, ...body.slice(i)])
            : new Uint8Array([...body.slice(0, i), ...body.slice(i + 1)]);
      expect(await passes(new Map(files).set(name, altered))).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test('two files exchanged never pass', { timeout: 120_000 }, async () => {
  const pair = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names));
  await fc.assert(
    fc.asyncProperty(pair, async ([a, b]) => {
      fc.pre(a !== b && Buffer.compare(files.get(a)!, files.get(b)!) !== 0 && a !== 'SHA256SUMS' && b !== 'SHA256SUMS');
      expect(await passes(new Map(files).set(a, files.get(b)!).set(b, files.get(a)!))).toBe(false);
    }),
    { numRuns: 60 },
  );
});
