/** Faults that were made before signing: every digest and signature is right, and still the bundle must not pass. */
import { expect, test } from 'vitest';
import { verifyBundle } from '../../core/evidence/verify/verify-bundle.ts';
import type { Report } from '../../core/evidence/verify/report.ts';
import type { Template } from '../../core/plan/plan.ts';
import type { Approval } from '../../core/quorum/approval.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { makeBundle, must } from './factory.ts';
import type { FactoryOptions, Spoil } from './spoil.ts';

const NOW = '2026-03-20T08:31:07.000Z';

async function report(options: FactoryOptions, now = NOW): Promise<Report> {
  const { archive, genesis } = await makeBundle(options);
  const expectation = options.environment ?? 'rehearsal';
  return must(await verifyBundle(crypto, archive, { trust: genesis, expect: expectation, now }));
}

const failing = ({ checks }: Report): string[] => checks.filter(({ result }) => result === 'FAIL').map(({ id }) => id);

const first =
  (change: Partial<Approval>) =>
  (approval: Approval, nth: number): Approval =>
    nth === 0 ? { ...approval, ...change } : approval;

const ZEROS = '0'.repeat(64);

const reading =
  (name: string, value: boolean | number) =>
  (template: Template): Template => ({
    ...template,
    private: template.private!.map((attribute) => (attribute.name === name ? { name, value } : attribute)),
  });

const without =
  (name: string) =>
  (template: Template): Template => ({ ...template, private: template.private!.filter((a) => a.name !== name) });

const CASES: readonly (readonly [string, Spoil, readonly string[]])[] = [
  ['one approval only', { approvers: [1] }, ['approvals.quorum']],
  ['an approval for another plan', { approval: first({ planSha256: ZEROS }) }, ['approvals.binding']],
  ['an approval for another script', { approval: first({ scriptSha256: ZEROS }) }, ['approvals.binding']],
  ['an approval for another ceremony', { approval: first({ ceremony: 'CER-2026-013' }) }, ['approvals.binding']],
  ['an approval for another HSM', { approval: first({ hsm: { serial: 'ffff' } }) }, ['approvals.binding']],
  ['an approval for another template', { approval: first({ templateSha256: ZEROS }) }, ['approvals.binding']],
  [
    'an approval from production in a rehearsal',
    { approval: first({ environment: 'production' }) },
    ['approvals.binding', 'trust.environment'],
  ],
  ['an approval that had expired', { approval: first({ expires: '2026-03-18T09:00:30.000Z' }) }, ['approvals.time']],
  [
    'an approval good for longer than allowed',
    { approval: first({ expires: '2027-03-18T09:00:30.000Z' }) },
    ['approvals.time'],
  ],
  ['an approval dated after its use', { approval: first({ time: '2026-03-18T11:00:00.000Z' }) }, ['approvals.time']],
  [
    'an approval in view of another ledger',
    { approval: first({ ledgerHead: { size: 9, root: ZEROS } }) },
    ['ledger.heads'],
  ],
  [
    'an approval bound to a ledger before the ceremony',
    { approval: first({ ledgerHead: { size: 1, root: ZEROS } }) },
    ['approvals.undisturbed', 'ledger.heads'],
  ],
  [
    'a change of policy between approval and act',
    { between: [{ type: 'policy.set', data: { policy: ZEROS } }] },
    ['approvals.undisturbed'],
  ],
  ['a custodian who declined', { decline: true }, ['approvals.quorum']],
  [
    'a token that reports CKA_SENSITIVE false',
    { reading: reading('CKA_SENSITIVE', false) },
    ['key.attributes', 'key.contradictions'],
  ],
  [
    'a token that reports CKA_EXTRACTABLE true',
    { reading: reading('CKA_EXTRACTABLE', true) },
    ['key.attributes', 'key.contradictions'],
  ],
  [
    'a key that was not made in the token',
    { reading: reading('CKA_LOCAL', false) },
    ['key.attributes', 'key.contradictions'],
  ],
  [
    'a key made by no mechanism',
    { reading: reading('CKA_KEY_GEN_MECHANISM', 4294967295) },
    ['key.attributes', 'key.contradictions'],
  ],
  ['a key that may also decrypt', { reading: reading('CKA_DECRYPT', true) }, ['key.attributes', 'key.contradictions']],
  ['an attribute that was not read', { reading: without('CKA_NEVER_EXTRACTABLE') }, ['key.attributes']],
  ['a sheet that promises a head on the token', { sheetAnchor: 'public' }, ['trust.genesis']],
  ['an active key without a test signature', { skipTestSignature: true }, ['key.test-signature']],
];

test.for(CASES)('%s: refused at its check', async ([, spoil, at]) => {
  const found = await report({ spoil });
  expect(found.passed).toBe(false);
  expect(failing(found).sort()).toEqual([...at].sort());
});

test('a pre-active key needs no test signature, and its bundle passes', async () => {
  const found = await report({ initialState: 'pre-active' });
  expect(found.passed).toBe(true);
  expect(found.checks.find(({ id }) => id === 'key.test-signature')).toMatchObject({
    result: 'NOT CHECKED',
    required: false,
  });
});

test('the attestation of the HSM maker is NOT CHECKED, nor is a change where there was none, and that fails nothing', async () => {
  const found = await report({});
  const open = found.checks.filter(({ result }) => result === 'NOT CHECKED');
  expect(open.map(({ id }) => id)).toEqual(['lifecycle.change', 'lifecycle.enforced', 'vendor.attestation']);
  expect(open.some(({ required }) => required)).toBe(false);
  expect(found.passed).toBe(true);
});

test('a software token is A0 in production too, in the exact words', async () => {
  const found = await report({ environment: 'production' });
  expect(found.passed).toBe(true);
  expect(found.verdicts.keyProtection).toEqual({
    level: 'A0',
    sentence: 'TEST ONLY. Software token; no hardware protection.',
  });
});

test('a module nobody knows is A0', async () => {
  const found = await report({ environment: 'production', token: { manufacturer: 'Example', model: 'Box' } });
  expect(found.verdicts.keyProtection.level).toBe('A0');
});

test('a known device without evidence from its maker is A1 and says what that does not prove', async () => {
  const found = await report({
    environment: 'production',
    token: { manufacturer: 'Yubico (www.yubico.com)', model: 'YubiHSM' },
  });
  expect(found.verdicts.keyProtection.level).toBe('A1');
  expect(found.verdicts.keyProtection.sentence).toContain(
    'It does not prove the key is in hardware or was never exported',
  );
  expect(found.testOnly).toBe(false);
});

test('a rehearsal is A0 whatever the token calls itself', async () => {
  const found = await report({ token: { manufacturer: 'Yubico (www.yubico.com)', model: 'YubiHSM' } });
  expect(found.verdicts.keyProtection.level).toBe('A0');
});

test('nothing is said about the key where integrity or origin does not hold', async () => {
  const found = await report({ spoil: { approvers: [1] } });
  expect(found.verdicts.keyProtection.level).toBeNull();
  expect(found.verdicts.integrity.result).toBe('PASS');
  expect(found.verdicts.origin.result).toBe('FAIL');
});

test('failures come first, then what was not checked', async () => {
  const { checks } = await report({ spoil: { approvers: [1] } });
  expect(checks[0]?.result).toBe('FAIL');
  expect(checks[1]?.result).toBe('NOT CHECKED');
});

test('twenty years later the bundle still verifies, judged at the time of its checkpoint', async () => {
  const found = await report({}, '2046-03-20T08:31:07.000Z');
  expect(found.passed).toBe(true);
  expect(found.checks.find(({ id }) => id === 'certificate.chain')?.detail).toContain('It has expired since.');
});

test('building the archive again from the same parts gives the same bytes', async () => {
  const { archive, again } = await makeBundle();
  expect(Buffer.from(again()).equals(Buffer.from(archive))).toBe(true);
});
