/**
 * The calls that reached the token, against the entries that announce them, both ways. A PKCS#11 call counts here when it
 * can change the token or uses a key; calls that only look do not. Heads have no entries of their own: their calls are
 * matched by the checkpoint that they produce.
 *
 * It shows that this software did what it wrote and wrote what it did. What another program asked of the token, it cannot
 * show.
 */
import { hex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { isPair } from '../lifecycle/purpose.ts';
import { keyIdOf, type Recorded } from '../lifecycle/replay.ts';
import { cureOf } from '../inventory/drift.ts';
import { ANCHOR_LABEL } from './anchor.ts';
import type { Act, EventOf } from './event.ts';
import { isWrite, PROBE_LABEL, TOKEN_CALLS, type TokenCall, type TokenCallName } from './token-call.ts';

/** A head that was signed: the note as it was kept on the token. */
export interface SealedHead {
  readonly size: number;
  /** The part of the note that is signed. */
  readonly text: string;
  readonly note: string;
  /** False where the attempt did not end in a stored checkpoint. */
  readonly stored: boolean;
}

export const CALL_FINDINGS = {
  'CALL-1': 'A call that can change the token or use a key has no entry.',
  'CALL-2': 'An entry says that something was done on the token, and the call for it is missing.',
} as const;
export type CallFindingId = keyof typeof CALL_FINDINGS;

export interface CallFinding {
  readonly id: CallFindingId;
  readonly call: TokenCallName;
  /** CALL-2: the entry, or the last entry under the head. */
  readonly seq?: number | undefined;
}

export interface CallReport {
  /** In the order of `TOKEN_CALLS`; those that were not made are left out. */
  readonly calls: readonly { readonly call: TokenCallName; readonly count: number }[];
  readonly writes: number;
  /** Calls that were matched by a head. */
  readonly seals: number;
  readonly findings: readonly CallFinding[];
}

/** What is compared: the calls of a while, and the ledger as it was written meanwhile. */
export interface CallMatter {
  readonly calls: readonly TokenCall[];
  /** All entries of the ledger, in order. */
  readonly entries: readonly Recorded[];
  /** The first entry of that while. */
  readonly from: number;
  /** Heads that were signed in that while, smallest first. */
  readonly heads: readonly SealedHead[];
  /** Whether the token keeps heads. */
  readonly anchored: boolean;
  /** SHA-256 of what may be removed under the head's name: earlier heads, and what was found there at a login. */
  readonly replaceable: ReadonlySet<string>;
}

/** What an entry or a head allows (`max`) and demands (`min`). */
interface Expected {
  readonly seq: number;
  readonly head: boolean;
  readonly min: number;
  readonly max: number;
  readonly fits: (call: TokenCall) => boolean;
  readonly call: TokenCallName;
  seen: number;
}

type Intent = EventOf<'act.intent'>['data'];
type Wanted = readonly [
  call: TokenCallName,
  times: number,
  fits?: (call: TokenCall) => boolean,
  /** Where not everything went as it should, it may be repeated or undone up to so many times. */
  atMost?: number,
  /** Where the token has fewer objects of the key than a pair, fewer calls are as it should be. */
  atLeast?: number,
];

/** What a key can be tried with. */
const USES = ['C_Sign', 'C_Verify', 'C_Encrypt', 'C_Decrypt', 'C_WrapKey', 'C_UnwrapKey', 'C_DeriveKey'] as const;

/** The calls of an act that went as it should. */
function wantedBy(data: Intent, leafHash: string): readonly Wanted[] {
  const onKey = ({ key }: TokenCall) => key === data.key;
  const signs: Wanted = ['C_Sign', 1, ({ sha256, session }) => session !== true && sha256 === data.digest];
  const generation = data.mechanism === undefined || isPair(data.mechanism) ? 'C_GenerateKeyPair' : 'C_GenerateKey';
  const makes: Wanted = [generation, 1, ({ key }) => key === keyIdOf(leafHash)];
  const acts: Readonly<Record<Act, readonly Wanted[]>> = {
    'token.initialize': [
      ['C_InitToken', 1],
      ['C_Login', 1, ({ user }) => user === 'security-officer'],
      ['C_InitPIN', 1],
    ],
    'token.probe': [
      ['C_GenerateKeyPair', 1, ({ session }) => session === true, Infinity],
      ['C_Sign', 1, ({ session }) => session === true, Infinity],
      ['C_CreateObject', 1, ({ label }) => label === PROBE_LABEL, Infinity],
      ['C_DestroyObject', 1, ({ label }) => label === PROBE_LABEL, Infinity],
    ],
    // What it comes to, the token decides; whatever it is, it is about the throw-away key.
    'token.probe-key': (
      ['C_GenerateKeyPair', 'C_SetAttributeValue', 'C_Sign', 'C_CopyObject', 'C_DestroyObject'] as const
    ).map((call): Wanted => [call, 1, ({ key }) => key === keyIdOf(leafHash), Infinity]),
    'log-key.generate': [makes],
    'attestation-key.generate': [makes],
    'operator-root.generate': [makes],
    'operator-root.sign': [signs],
    'key.generate': [makes],
    'key.discard-half': [['C_DestroyObject', 1, onKey]],
    // The right to sign is given for one signature and taken away; where that fails, it is taken away once more.
    'key.certify-request': [['C_SetAttributeValue', 2, onKey, 4], signs],
    // A secret key is one object, and the public key of an agreement has no rights: fewer calls are as they should be.
    'key.activate': [['C_SetAttributeValue', 2, onKey, 2, 1]],
    'key.test-signature': [signs],
    'key.test-use': [
      ...USES.map((call): Wanted => [call, 1, onKey, 2, 0]),
      ['C_CreateObject', 1, ({ session }) => session === true, 1, 0],
    ],
    'key.suspend': [['C_SetAttributeValue', 2, onKey, 2, 1]],
    'key.resume': [['C_SetAttributeValue', 2, onKey, 2, 1]],
    // Where the profile keeps the private object, the rights of both are taken instead.
    'key.deactivate': [
      ['C_SetAttributeValue', 2, onKey, 2, 0],
      ['C_DestroyObject', 1, onKey, 1, 0],
    ],
    'key.compromise': [['C_SetAttributeValue', 2, onKey, 2, 0]],
    'key.destroy': [['C_DestroyObject', 2, onKey, 2, 0]],
    'token.sync': (data.drift ?? []).map((drift): Wanted => {
      const call = cureOf(drift) === 'destroy' ? 'C_DestroyObject' : 'C_SetAttributeValue';
      return [call, 1, ({ key }) => key === drift.object];
    }),
    'token.record': [],
    'key.change-label': [['C_SetAttributeValue', 2, onKey, 2, 0]],
    'key.set-cryptoperiod': [],
    'key.reactivate': [['C_SetAttributeValue', 2, onKey, 2, 1]],
    'key.disable': [['C_SetAttributeValue', 2, onKey, 2, 1]],
    'key.enable': [['C_SetAttributeValue', 2, onKey, 2, 1]],
    'key.schedule-destruction': [['C_SetAttributeValue', 2, onKey, 2, 1]],
    'key.delete': [['C_DestroyObject', 2, onKey, 2, 0]],
    'key.remove': [],
    'statement.sign': [signs],
  };
  return acts[data.act];
}

/** Outcomes by intent, with whether the host was lost between the two. */
function outcomes(entries: readonly Recorded[]) {
  const lostAt: number[] = entries.filter(({ entry }) => entry.type === 'hsm.lost').map(({ entry }) => entry.seq);
  const found = new Map<string, { readonly seq: number; readonly clean: boolean }>();
  for (const { entry } of entries) {
    if (entry.type !== 'act.result' && entry.type !== 'act.recovered') continue;
    const clean = entry.type === 'act.result' && entry.data.outcome === 'committed' && entry.data.error === undefined;
    found.set(entry.data.intent, { seq: entry.seq, clean });
  }
  return {
    of: (leafHash: string) => found.get(leafHash),
    lostBetween: (from: number, to: number) => lostAt.some((seq) => from < seq && seq < to),
  };
}

const isProbe = (act: Act): boolean => act === 'token.probe' || act === 'token.probe-key';

function byEntries({ entries, from }: CallMatter): Expected[] {
  const { of, lostBetween } = outcomes(entries);
  return entries.flatMap(({ entry, leafHash }): Expected[] => {
    const expect = (call: TokenCallName, min: number, max: number, fits: Expected['fits'] = () => true) => ({
      seq: entry.seq,
      head: false,
      call,
      min,
      max,
      fits,
      seen: 0,
    });
    const here = entry.seq >= from;
    if (entry.type === 'session.opened') {
      return here ? [expect('C_Login', 1, 1, ({ user, rv }) => user === 'user' && rv === 'CKR_OK')] : [];
    }
    if (entry.type === 'session.refused') {
      const { call, rv } = entry.data.error;
      // Without a return value the token was never asked.
      return here && call === 'C_Login' && rv !== '' ? [expect('C_Login', 1, 1, (one) => one.rv === rv)] : [];
    }
    if (entry.type !== 'act.intent') return [];
    const outcome = of(leafHash);
    if (outcome && outcome.seq < from) return [];
    const whole = here && outcome?.clean === true && !lostBetween(entry.seq, outcome.seq);
    return wantedBy(entry.data, leafHash).map(([call, times, fits, atMost = times, atLeast = times]) =>
      // A probe that is answered with a refusal is an answer; which calls it came to, the token decides.
      expect(
        call,
        whole && !isProbe(entry.data.act) ? atLeast : 0,
        whole && atMost !== Infinity ? times : atMost,
        fits,
      ),
    );
  });
}

function byHeads(crypto: Crypto, { heads, anchored, replaceable }: CallMatter): Expected[] {
  const digest = (text: string) => hex(crypto.sha256(utf8(text)));
  const out: Expected[] = heads.flatMap(({ size, text, note, stored }, i): Expected[] => {
    const base = { seq: size - 1, head: true, min: stored ? 1 : 0, max: Infinity, seen: 0 };
    const [signed, kept] = [digest(text), digest(note)];
    const previous = heads[i - 1];
    const before = previous?.stored === true ? digest(previous.note) : null;
    return [
      { ...base, call: 'C_Sign', fits: (call) => call.sha256 === signed && call.session !== true },
      ...(anchored
        ? ([
            { ...base, call: 'C_CreateObject', fits: (call) => call.label === ANCHOR_LABEL && call.sha256 === kept },
            ...(before === null
              ? []
              : [
                  {
                    ...base,
                    max: 1,
                    call: 'C_DestroyObject' as const,
                    fits: (call: TokenCall) => call.label === ANCHOR_LABEL && call.sha256 === before,
                  },
                ]),
          ] satisfies Expected[])
        : []),
    ];
  });
  if (!anchored) return out;
  // Heads of an earlier run, and objects that someone else put there, go when the next head is kept.
  const others: Expected = {
    seq: 0,
    head: true,
    call: 'C_DestroyObject',
    min: 0,
    max: Infinity,
    seen: 0,
    fits: ({ label, sha256 }) => label === ANCHOR_LABEL && sha256 !== undefined && replaceable.has(sha256),
  };
  return [...out, others];
}

/** Compares both ways. Each call counts for one entry or head; what an entry with a clean outcome demands must be there. */
export function reconcileCalls(crypto: Crypto, matter: CallMatter): CallReport {
  const expected = [...byEntries(matter), ...byHeads(crypto, matter)];
  const findings: CallFinding[] = [];
  let seals = 0;
  for (const call of matter.calls) {
    const fitting = expected.filter((one) => one.call === call.call && one.seen < one.max && one.fits(call));
    // What is demanded comes first, so that a call does not go to an entry that could do without.
    const taken = fitting.find((one) => one.seen < one.min) ?? fitting[0];
    if (!taken) findings.push({ id: 'CALL-1', call: call.call });
    else {
      taken.seen += 1;
      if (taken.head) seals += 1;
    }
  }
  for (const { seen, min, call, seq } of expected) if (seen < min) findings.push({ id: 'CALL-2', call, seq });
  const calls = TOKEN_CALLS.map((call) => ({ call, count: matter.calls.filter((one) => one.call === call).length }));
  return {
    calls: calls.filter(({ count }) => count > 0),
    writes: matter.calls.filter(isWrite).length,
    seals,
    findings,
  };
}
