/**
 * The order of writing around every kind of call that changes a token or uses a key, on the fake disk and under the same
 * clockwork, with the recovery's table as it is shipped. The recipes for most of these calls come later, so that the
 * entries are plain lines here and the token holds no more than the calls need.
 */
import {
  afterDestroy,
  afterGenerate,
  afterInitPin,
  afterInitToken,
  afterSetAttributes,
  afterSetPin,
  afterSign,
  afterUnwrap,
  afterWrap,
  type Finding,
  type PinAnswer,
} from '../../../core/ceremony/recovery.ts';
import { Clockwork, type Cut } from './clockwork.ts';
import { FakeDisk } from './disk.ts';

interface Token {
  /** Class of each object, by CKA_ID and class. */
  readonly objects: Set<string>;
  readonly attributes: Map<string, boolean>;
  pin: string | null;
  label: string;
  initialized: boolean;
  /** What left the token: nobody can ask for it. */
  readonly out: string[];
  /** The newest line under the head that the token keeps. */
  head: number;
}

interface Call {
  /** What the call does, one indivisible effect after the other; a power cut can fall between them. */
  readonly effects: readonly ((token: Token) => void)[];
  /** How the token was before. */
  readonly begin: Partial<Token>;
  ask(token: Token): Finding;
}

const opens = (token: Token): PinAnswer => (token.pin === 'new' ? 'new' : token.pin === 'old' ? 'old' : 'neither');
const count = ({ objects }: Token, id: string): number => [...objects].filter((name) => name.startsWith(id)).length;
const erase = (token: Token): void => {
  token.objects.clear();
  token.pin = null;
};
const named = (token: Token) => [...token.attributes].map(([name, value]) => ({ name, value }));
const WANTED = [
  { name: 'CKA_SIGN', value: true },
  { name: 'CKA_DERIVE', value: false },
];
const WAS = [
  { name: 'CKA_SIGN', value: false },
  { name: 'CKA_DERIVE', value: true },
];
const EMPTY = { initialized: false, label: '', userPin: false };
const stateOf = ({ initialized, label, pin }: Token) => ({ initialized, label, userPin: pin !== null });

/** Every kind of call, and those of its beginnings that are asked about in another way. */
export const CALLS: Readonly<Record<string, Call>> = {
  C_GenerateKeyPair: {
    begin: {},
    effects: [(token) => token.objects.add('id public'), (token) => token.objects.add('id private')],
    ask: (token) =>
      afterGenerate({
        private: Number(token.objects.has('id private')),
        public: Number(token.objects.has('id public')),
      }),
  },
  C_UnwrapKey: {
    begin: {},
    effects: [(token) => token.objects.add('id secret')],
    ask: (token) => afterUnwrap(count(token, 'id')),
  },
  C_DestroyObject: {
    begin: { objects: new Set(['id private', 'id public']) },
    effects: [(token) => token.objects.delete('id private'), (token) => token.objects.delete('id public')],
    ask: (token) => afterDestroy(2, count(token, 'id')),
  },
  C_SetAttributeValue: {
    begin: { attributes: new Map(WAS.map(({ name, value }) => [name, value])) },
    effects: WANTED.map(
      ({ name, value }) =>
        (token: Token) =>
          token.attributes.set(name, value),
    ),
    ask: (token) => afterSetAttributes({ wanted: WANTED, was: WAS, now: named(token) }),
  },
  C_Sign: { begin: {}, effects: [(token) => token.out.push('signature')], ask: afterSign },
  C_WrapKey: { begin: {}, effects: [(token) => token.out.push('wrapped')], ask: afterWrap },
  C_SetPIN: {
    begin: { pin: 'old' },
    effects: [(token) => (token.pin = 'new')],
    ask: (token) => afterSetPin(opens(token)),
  },
  C_InitPIN: {
    begin: { pin: null },
    effects: [(token) => (token.pin = 'new')],
    ask: (token) => afterInitPin({ had: false, has: token.pin !== null, opens: 'not-tried' }),
  },
  'C_InitPIN of a token that had one': {
    begin: { pin: 'old' },
    effects: [(token) => (token.pin = 'new')],
    ask: (token) => afterInitPin({ had: true, has: token.pin !== null, opens: opens(token) }),
  },
  'C_InitToken and C_InitPIN': {
    begin: { initialized: false, label: '' },
    effects: [
      (token) => {
        erase(token);
        Object.assign(token, { initialized: true, label: 'new' });
      },
      (token) => (token.pin = 'new'),
    ],
    ask: (token) => afterInitToken(EMPTY, stateOf(token), { label: 'new', withPin: true }),
  },
  'C_InitToken of a token that was in use, under its old label': {
    begin: { initialized: true, label: 'old', pin: 'old', objects: new Set(['known']) },
    effects: [erase],
    ask: (token) =>
      afterInitToken(
        { initialized: true, label: 'old', userPin: true },
        stateOf(token),
        { label: 'old', withPin: false },
        token.objects.has('known') ? 'there' : 'gone',
      ),
  },
};

const JOURNAL = '/calls/journal';

interface Line {
  readonly type: 'intent' | 'result' | 'recovered';
  readonly outcome?: Finding['outcome'];
  readonly rest?: Finding['rest'];
}

const linesOf = (bytes: Uint8Array): Line[] =>
  new TextDecoder()
    .decode(bytes)
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as Line];
      } catch {
        return [];
      }
    });

/** What the world looks like after the last life, and what was wrong. */
export interface CallEnding {
  readonly steps: readonly (readonly string[])[];
  readonly violations: readonly string[];
  readonly outcome: string;
}

/** @param ask Another recovery than the shipped one, planted to show that the checks can fail. */
export async function playCall(name: string, cuts: readonly Cut[], ask?: Call['ask']): Promise<CallEnding> {
  const call = { ...CALLS[name]!, ...(ask ? { ask } : {}) };
  const power = new Clockwork();
  const disk = new FakeDisk(power);
  const token: Token = {
    objects: new Set(call.begin.objects),
    attributes: new Map(call.begin.attributes),
    pin: call.begin.pin ?? null,
    label: call.begin.label ?? '',
    initialized: call.begin.initialized ?? true,
    out: [],
    head: 0,
  };
  const violations: string[] = [];
  let done = 0;
  const append = async (line: Line): Promise<void> => {
    const bytes = (await disk.read(JOURNAL)) ?? new Uint8Array();
    const file = await disk.open(JOURNAL, 'append');
    // A torn tail is cut off first, as the journal's opening does.
    const whole = bytes.lastIndexOf(10) + 1;
    if (whole < bytes.length) {
      await file.truncate(whole);
      await file.sync();
    }
    await file.write(new TextEncoder().encode(`${JSON.stringify(line)}\n`));
    await file.sync();
    await disk.syncFolder('/calls');
    const size = linesOf(disk.medium(JOURNAL)).length;
    await power.step('C_CreateObject of the head', () => void (token.head = size));
  };
  const life = async (first: boolean): Promise<void> => {
    const lines = linesOf((await disk.read(JOURNAL)) ?? new Uint8Array());
    const open = lines.at(-1)?.type === 'intent';
    if (!open && !first) return;
    if (open) {
      const { outcome, rest } = call.ask(token);
      await append({ type: 'recovered', outcome, rest });
      return;
    }
    await append({ type: 'intent' });
    for (const effect of call.effects) {
      await power.step(`C_ ${name}`, () => {
        const medium = linesOf(disk.medium(JOURNAL));
        if (medium.at(-1)?.type !== 'intent') violations.push('an effect without an intent on the medium');
        if (token.head !== medium.length) violations.push('an effect without a head over its intent');
        effect(token);
        done++;
      });
    }
    await append({ type: 'result', outcome: 'committed', rest: null });
  };
  const steps: string[][] = [];
  for (const cut of [...cuts, null]) {
    power.start(cut);
    const end = await Promise.race([life(steps.length === 0).then(() => 'end'), power.death.then(() => 'dead')]);
    steps.push(power.steps);
    if (end === 'end') break;
    if (cut) disk.restore(cut);
  }
  const lines = linesOf(disk.medium(JOURNAL));
  const closing = lines.filter(({ type }) => type !== 'intent');
  const intents = lines.length - closing.length;
  if (closing.length !== intents) violations.push(`${intents} intents and ${closing.length} outcomes`);
  const { outcome, rest } = closing[0] ?? {};
  const all = done === call.effects.length;
  if (outcome === 'committed' && !all) violations.push(`said to be committed after ${done} effects`);
  if (outcome === 'not-committed' && (rest === null ? done > 0 : done === 0 || all)) {
    violations.push(`said not to be committed (${rest}) after ${done} effects`);
  }
  if (outcome === undefined && done > 0) violations.push('an effect that the journal does not know');
  return { steps, violations, outcome: outcome === undefined ? 'none' : rest ? `${outcome}, ${rest}` : outcome };
}
