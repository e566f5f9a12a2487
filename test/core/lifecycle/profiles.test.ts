import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KEY_TYPES, USAGE, type KeyType } from '../../../core/lifecycle/key-type.ts';
import {
  isIrreversible,
  mayAnnotate,
  mayMove,
  operationsOf,
  reachable,
  refusedMoves,
  usageIn,
  warningOf,
  type Profile,
} from '../../../core/lifecycle/profile.ts';
import { PROFILES, profileOf } from '../../../core/lifecycle/profiles/index.ts';
import { KEY_STATES, PROFILE_IDS, type ProfileId } from '../../../core/lifecycle/states.ts';
import { Oracle, parseCsv, TABLES } from './oracle.ts';

const TYPES = Object.keys(KEY_TYPES) as KeyType[];
/** Keys as they are made: a pair, or one object. */
const KEYS: readonly (readonly KeyType[])[] = [
  ['private-signature', 'public-verification'],
  ['private-authentication', 'public-authentication'],
  ['private-key-transport', 'public-key-transport'],
  ['symmetric-encryption'],
  ['symmetric-wrapping'],
  ['symmetric-authentication'],
  ['key-derivation'],
  ['random-bit-generation'],
  ['ephemeral-agreement'],
];

/** States of a profile and some that it does not have, or that are names of every object in JavaScript. */
const statesFor = (oracle: Oracle): string[] => [...oracle.states, 'none', 'constructor', '__proto__', '', 'retired'];

/** A life: a kind of key, and what is asked of its objects, act by act. */
const lives = (oracle: Oracle) =>
  fc.record({
    types: fc.constantFrom(...KEYS),
    born: fc.constantFrom(...oracle.states),
    acts: fc.array(
      fc.oneof(
        fc.constantFrom(...statesFor(oracle)).map((state) => [state, state] as const),
        fc.tuple(fc.option(fc.constantFrom(...statesFor(oracle))), fc.option(fc.constantFrom(...statesFor(oracle)))),
      ),
      { maxLength: 14 },
    ),
  });

/** True where profile and oracle say the same of every act, and so of every state on the way. */
const agree = (profile: Profile, oracle: Oracle) =>
  fc.property(lives(oracle), ({ types, born, acts }) => {
    let states: string[] = types.map(() => 'none');
    for (const targets of [[born, born] as const, ...acts]) {
      const objects = types.map((type, i) => ({ type, from: states[i]!, to: targets[i]! }));
      const allowed = refusedMoves(profile, objects) === null;
      if (allowed !== oracle.act(objects)) return false;
      if (allowed) states = objects.map(({ from, to }) => to ?? from);
      if (states.some((state) => state !== 'none' && !oracle.states.includes(state))) return false;
    }
    return true;
  });

const RUNS = { numRuns: 400 };

describe.each(PROFILES.map((profile) => [profile.id, profile] as const))('the profile %s', (id, profile) => {
  const rows = TABLES[id]!;
  const oracle = new Oracle(rows);

  test('has exactly the rows of the published table, each with its source', () => {
    const short = (row: { from: string; to: string; allowed: string }, basis: string, from: readonly string[]) =>
      `${row.from} > ${row.to}: ${row.allowed} (${basis} ${from.join(' ')})`;
    const published = rows.map((row) => {
      const names = row.source.match(/\b(S\d+|DKE)\b/g) ?? [];
      return short(row, row.source.endsWith('[R]') ? 'read' : 'inferred', names);
    });
    expect(profile.transitions.map((row) => short(row, row.source.basis, row.source.from)).sort()).toEqual(
      published.sort(),
    );
    const cited = [...profile.transitions, ...profile.states, profile.deletion, ...profile.switches];
    for (const { source } of cited) {
      for (const name of source.from) expect(Object.keys(profile.sources)).toContain(name);
      expect(source.basis).toBe(source.from.length > 0 ? 'read' : 'inferred');
    }
  });

  test('takes every edge of the table and no other, for every kind of object', () => {
    for (const from of statesFor(oracle)) {
      for (const to of statesFor(oracle)) {
        for (const type of TYPES) {
          expect([from, to, type, mayMove(profile, type, from, to)]).toEqual([
            from,
            to,
            type,
            oracle.edge(type, from, to),
          ]);
        }
      }
    }
  });

  test('agrees with the oracle on every act of random lives', () => {
    fc.assert(agree(profile, oracle), RUNS);
  });

  test('describes every state that it names, and lets nothing be done in one that it does not have', () => {
    expect(profile.states.map(({ state }) => state).sort()).toEqual(oracle.states.sort());
    for (const type of TYPES) {
      for (const odd of ['none', 'retired', '__proto__', '']) expect(operationsOf(profile, type, odd)).toEqual([]);
    }
  });

  test('says something before every transition from which no way leads back, and nothing before the others', () => {
    for (const { from, to, allowed } of profile.transitions) {
      if (allowed !== 'yes' || from === 'none') continue;
      for (const type of TYPES.filter(
        (one) => mayMove(profile, one, from, to) && reachable(profile, one, 'none').has(from),
      )) {
        const said = warningOf(profile, type, from, to) !== undefined;
        expect([from, to, type, said]).toEqual([from, to, type, isIrreversible(profile, type, from, to)]);
      }
    }
  });

  test('names every usage attribute of the class in every state, and gives none to an object that is gone', () => {
    for (const { state, object } of profile.states) {
      for (const type of TYPES) {
        const { object: kind, protect, process } = KEY_TYPES[type];
        const usage = usageIn(profile, type, state);
        expect(usage.map(({ name }) => name)).toEqual(USAGE[kind].map(([name]) => name));
        const given = usage.filter(({ value }) => value === true).length;
        if (object === 'absent' || state === 'pre-active') expect(given).toBe(0);
        if (state === 'active') expect(given).toBe(protect.length + process.length);
      }
    }
  });
});

describe('the checker', () => {
  const table = TABLES['nist-sp800-57@r5']!;
  const oracle = new Oracle(table);
  const whole = profileOf('nist-sp800-57@r5');
  const changed = (change: (row: Profile['transitions'][number]) => Profile['transitions']): Profile => ({
    ...whole,
    transitions: whole.transitions.flatMap(change),
  });

  test.each<readonly [string, Profile]>([
    [
      'an edge too many',
      changed((row) => (row.from === 'compromised' && row.to === 'active' ? [{ ...row, allowed: 'yes' }] : [row])),
    ],
    ['an edge too few', changed((row) => (row.from === 'suspended' && row.to === 'destroyed' ? [] : [row]))],
    ['a signature key that may be deactivated', changed(({ never: _, ...row }) => [row])],
    ['halves that may part', changed(({ halves: _, ...row }) => [row])],
    ['halves that may never part', changed((row) => [{ ...row, halves: 'together' }])],
  ])('finds %s', (_, planted) => {
    expect(fc.check(agree(planted, oracle), { numRuns: 4000 }).failed).toBe(true);
    expect(fc.check(agree(whole, oracle), { numRuns: 400 }).failed).toBe(false);
  });
});

describe('what the profiles say besides their edges', () => {
  const r5 = profileOf('nist-sp800-57@r5');
  const r6 = profileOf('nist-sp800-57@r6ipd');
  const uko = profileOf('ibm-uko');
  const dke = profileOf('securosys-dke');

  test('a private signature key goes from active to destroyed while its public key is deactivated', () => {
    const apart = (to: string) =>
      refusedMoves(r5, [
        { type: 'private-signature', from: 'active', to },
        { type: 'public-verification', from: 'active', to: 'deactivated' },
      ]);
    expect(apart('destroyed')).toBeNull();
    expect(apart('deactivated')).toContain('no way from active to deactivated');
    expect(reachable(r5, 'private-signature', 'none').has('deactivated')).toBe(false);
    expect(operationsOf(r5, 'public-verification', 'deactivated')).toEqual(['verify']);
  });

  test('one half is not suspended or reported compromised without the other', () => {
    for (const to of ['suspended', 'compromised']) {
      const objects = [
        { type: 'private-signature', from: 'active', to },
        { type: 'public-verification', from: 'active', to: null },
      ] as const;
      expect(refusedMoves(r5, objects)).toContain('both halves move together');
    }
    // A private half that is destroyed has no such way any more.
    const alone = [
      { type: 'private-signature', from: 'destroyed', to: null },
      { type: 'public-verification', from: 'active', to: 'compromised' },
    ] as const;
    expect(refusedMoves(r5, alone)).toBeNull();
  });

  test('Revision 6 has no deactivated state, and a later compromise of a destroyed key is recorded in both', () => {
    expect(r6.states.map(({ state }) => state)).not.toContain('deactivated');
    expect([r5, r6, uko, dke].map((profile) => mayAnnotate(profile, 'destroyed'))).toEqual([true, true, false, false]);
  });

  test('UKO writes its states as 0, 1, 3 and 5, reactivates, and holds a destruction', () => {
    const numbers = Object.fromEntries(uko.states.map(({ state, integer }) => [state, integer]));
    expect(numbers).toMatchObject({ 'pre-active': 0, active: 1, deactivated: 3, destroyed: 5 });
    expect(Object.values(numbers).filter((one) => one !== undefined)).toEqual([0, 1, 3, 5]);
    expect(mayMove(uko, 'symmetric-encryption', 'deactivated', 'active')).toBe(true);
    expect(uko.deletion).toMatchObject({ hold: true, record: 'removable' });
  });

  test('DKE deletes from active and pre-active only, and blocks decryption by a switch of its own', () => {
    const from = dke.states.map(({ state }) => state);
    expect(from.filter((state) => mayMove(dke, 'private-key-transport', state, 'deleted'))).toEqual([
      'pre-active',
      'active',
    ]);
    expect(dke.switches).toMatchObject([{ name: 'enabled', blocks: ['decrypt'] }]);
    expect(dke.deletion.hold).toBe(false);
  });

  test('the states of a ledger are those of all profiles, and its profiles are those there are', () => {
    const states = new Set(PROFILES.flatMap((profile) => profile.states.map(({ state }) => state)));
    expect([...KEY_STATES].sort()).toEqual([...states].sort());
    expect(PROFILES.map(({ id }) => id)).toEqual(PROFILE_IDS);
  });

  test('a vault that names a profile nobody has is a defect, not a default', () => {
    expect(() => profileOf('nist-sp800-57@r7' as ProfileId)).toThrow('no lifecycle profile');
  });
});

describe('a fourth profile', () => {
  /** KMIP 2.1, sections 3.4 and 4.57, as far as its states of a symmetric key go. No code is added for it. */
  const CSV = `from,to,allowed,conditions,source
none,pre-active,yes,create,K [R]
pre-active,active,yes,"activate, or its date",K [R]
pre-active,destroyed,yes,destroy,K [R]
pre-active,compromised,yes,revoke,K [R]
active,deactivated,yes,"revoke, or its date",K [R]
active,compromised,yes,revoke,K [R]
active,destroyed,no,destroy fails,K [R]
deactivated,destroyed,yes,destroy,K [R]
deactivated,compromised,yes,revoke,K [R]
compromised,destroyed-compromised,yes,destroy,K [R]
destroyed,destroyed-compromised,yes,revoke,K [R]
`;
  const source = { from: ['K'], basis: 'read' } as const;
  const rows = parseCsv(CSV);
  const oracle = new Oracle(rows);
  const kmip: Profile = {
    id: 'kmip@2.1',
    title: 'KMIP 2.1',
    words: '',
    states: oracle.states.map((state, i) => ({
      state,
      name: state,
      integer: i + 1,
      protect: state === 'active' ? 'yes' : 'no',
      process: state === 'active' || state === 'deactivated' ? 'yes' : 'no',
      object: state.startsWith('destroyed') ? 'absent' : 'present',
      words: '',
      source,
    })),
    transitions: rows.map(({ from, to, allowed, conditions }) => ({
      from,
      to,
      allowed: allowed as 'yes' | 'no',
      conditions,
      source,
    })),
    deletion: { hold: false, record: 'kept', words: '', source },
    switches: [],
    sources: { K: 'KMIP 2.1' },
  };

  test('needs only data: the same questions, the same checker', () => {
    fc.assert(agree(kmip, oracle), RUNS);
    expect(operationsOf(kmip, 'symmetric-encryption', 'deactivated')).toEqual(['decrypt']);
    expect(usageIn(kmip, 'symmetric-encryption', 'destroyed-compromised').some(({ value }) => value === true)).toBe(
      false,
    );
    const late = [{ type: 'symmetric-encryption', from: 'active', to: 'destroyed' }] as const;
    expect(refusedMoves(kmip, late)).toContain('destroy fails');
  });
});
