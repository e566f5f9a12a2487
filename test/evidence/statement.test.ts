import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromUtf8, hex, utf8 } from '../../core/bytes.ts';
import { readGenesis } from '../../core/evidence/genesis-file.ts';
import { NO_ANCHOR, NOT_PROVEN, parseStatement } from '../../core/evidence/statement.ts';
import { jcsBytes, type Json } from '../../core/json/jcs.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { makeBundle, must } from './factory.ts';

const { draft, genesis } = await makeBundle();
const text = fromUtf8(draft.bytes)!;

test('a statement is read as it was written', () => {
  expect(must(parseStatement(draft.bytes))).toEqual(draft.statement);
});

test('its subject is the SHA-256 of the key, and what is signed is named by its digest', () => {
  const { subject, predicate } = draft.statement;
  expect(subject[0].digest.sha256).toBe(predicate.key.spkiSha256);
  expect(draft.paeSha256).toBe(hex(crypto.sha256(draft.pae)));
});

test('it says in full what it does not prove, and claims no more than software says', () => {
  expect(draft.statement.predicate.notProven).toEqual(NOT_PROVEN);
  expect(draft.statement.predicate.claimedAssurance).toBe('software-asserted');
  expect(draft.statement.predicate.custody).toBe('operator-pin');
});

test('it says that nothing on the token shows a ledger set back, where that is so', async () => {
  expect(draft.statement.predicate.log.anchor).toBe('private');
  const { predicate } = (await makeBundle({ anchor: 'unavailable' })).draft.statement;
  expect(predicate.log.anchor).toBe('unavailable');
  expect(predicate.notProven).toEqual([...NOT_PROVEN, NO_ANCHOR]);
});

test('every file made before signing is named in it', () => {
  const named = draft.statement.predicate.evidence.map(({ name }) => name);
  expect(named).toEqual([...draft.files.keys()].sort());
});

test.for([
  ['white space', text.replace(':', ': ')],
  ['a duplicate member', text.replace('{', '{"_type":"x",')],
  ['an unknown member', text.replace('"predicateType"', '"predicatetype":1,"predicateType"')],
  ['another predicate type', text.replace('hsm-key/v1', 'hsm-key/v2')],
  ['a stronger claim', text.replace('software-asserted', 'vendor-attested')],
  ['another custody', text.replace('operator-pin', 'split-pin')],
  ['two subjects', text.replace(/"subject":\[(\{"digest".*?\})\]/, '"subject":[$1,$1]')],
  ['a path that climbs out', text.replace('ceremony/plan.json', '../plan.json')],
])('a statement with %s is refused', ([, altered]) => {
  expect(altered).not.toBe(text);
  expect(parseStatement(utf8(altered!)).ok).toBe(false);
});

test('a statement with any one byte changed is never read as the same statement', () => {
  fc.assert(
    fc.property(fc.nat(draft.bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const altered = draft.bytes.slice();
      altered[at] = altered[at]! ^ flip;
      const read = parseStatement(altered);
      if (read.ok) expect(read.value).not.toEqual(draft.statement);
    }),
  );
});

test('nesting and size of a hostile statement are refused without harm', () => {
  expect(parseStatement(utf8('['.repeat(100_000))).ok).toBe(false);
  expect(parseStatement(utf8(`{"a":"${'x'.repeat(1_000_000)}"}`)).ok).toBe(false);
});

const sheet = JSON.parse(fromUtf8(genesis)!) as Record<string, Json> & {
  people: Record<string, Json>[];
  policy: { rules: { all: Record<string, Json>[] }[] };
  operatorRoot: Record<string, Json>;
  logKey: Record<string, Json>;
};

test.for([
  ['policy', { ...sheet, policy: { ...sheet.policy, groups: [{ id: 'custodians', people: ['custodian-1'] }] } }],
  ['operator root', { ...sheet, operatorRoot: { ...sheet.operatorRoot, sha256: '0'.repeat(64) } }],
  ['origin', { ...sheet, origin: 'conclave.example/other' }],
  ['log key', { ...sheet, logKey: { ...sheet.logKey, spki: 'AAAA' } }],
  ['key of a person', { ...sheet, people: [{ ...sheet.people[0], spki: 'AAAA' }, ...sheet.people.slice(1)] }],
  ['person named twice', { ...sheet, people: [...sheet.people, sheet.people[0]] }],
  ['unknown member', { ...sheet, extra: 1 }],
] as const)('a genesis sheet that disagrees with itself about the %s is refused', ([, altered]) => {
  expect(readGenesis(crypto, genesis).ok).toBe(true);
  expect(readGenesis(crypto, jcsBytes(altered as Json)).ok).toBe(false);
});

test('a genesis sheet that is not in canonical form is refused', () => {
  expect(readGenesis(crypto, utf8(JSON.stringify(sheet, null, 2))).ok).toBe(false);
});
