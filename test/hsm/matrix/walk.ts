/** Takes one key through every state of every profile on a real token, and writes down what the token answered. */
import { createECDH, randomBytes } from 'node:crypto';

import type { Mechanism, Purpose } from '../../../core/ledger/fields.ts';
import { USAGE, type Operation } from '../../../core/lifecycle/key-type.ts';
import { stateRow, type Profile } from '../../../core/lifecycle/profile.ts';
import { objectsOf } from '../../../core/lifecycle/purpose.ts';
import { HALVES, type Half } from '../../../core/lifecycle/states.ts';
import { activationOf, usageTemplate, type Template } from '../../../core/lifecycle/template.ts';
import type { Hsm, TokenRef } from '../../../electron/hsm/port.ts';
import { idOf, must } from '../host.ts';
import { ALGORITHM, CLASS, makeKey, set } from '../kinds.ts';

export interface Cell {
  readonly profile: string;
  readonly state: string;
  readonly type: string;
  readonly mechanism: Mechanism;
  readonly operation: Operation;
  /** CKR_OK, what the token refused it with, or `no object`. */
  readonly answer: string;
}

/** A profile's state, and whether a switch beside it is off. */
interface Place {
  readonly profile: Profile;
  readonly state: string;
  readonly off: readonly Operation[];
}

export const placesOf = (profile: Profile): Place[] => [
  ...profile.states.map(({ state }) => ({ profile, state, off: [] })),
  ...profile.switches.map(({ blocks }) => ({ profile, state: 'active', off: blocks })),
];

const nameOf = ({ state, off }: Place): string => (off.length > 0 ? `${state}, not enabled` : state);

const isGone = ({ profile, state }: Place): boolean => stateRow(profile, state)?.object === 'absent';

/** The usage attributes of the state, without those that a switch takes away. */
function usageAt({ profile, state, off }: Place, objects: NonNullable<ReturnType<typeof objectsOf>>): Template {
  const states = Object.fromEntries(Object.keys(objects).map((half) => [half, state]));
  const usage = usageTemplate(profile, states, objects);
  const isOff = (half: Half, name: string): boolean =>
    USAGE[half].some(([usageName, allows]) => usageName === name && allows !== null && off.includes(allows));
  return Object.fromEntries(
    HALVES.filter((half) => usage[half]).map((half) => [
      half,
      usage[half]!.map(({ name, value }) => ({ name, value: isOff(half, name) ? false : value })),
    ]),
  );
}

const OF_CLASS: Readonly<Record<Half, readonly Operation[]>> = {
  private: ['sign', 'decrypt', 'unwrap', 'derive'],
  public: ['verify', 'encrypt', 'wrap'],
  secret: ['sign', 'verify', 'encrypt', 'decrypt', 'wrap', 'unwrap', 'derive'],
};

const CURVES: Partial<Record<Mechanism, string>> = {
  'ec-p256': 'prime256v1',
  'ec-p384': 'secp384r1',
  'ec-p521': 'secp521r1',
};

/** Where each operation that opens something gets what it opens. */
const MADE_BY: Partial<Record<Operation, Operation>> = { verify: 'sign', decrypt: 'encrypt', unwrap: 'wrap' };

class Walker {
  readonly name: string;
  readonly objects: NonNullable<ReturnType<typeof objectsOf>>;
  readonly #made = new Map<Operation, Uint8Array>();
  readonly #data = Uint8Array.from(randomBytes(32));

  constructor(
    readonly hsm: Hsm,
    readonly token: TokenRef,
    readonly purpose: Purpose,
    readonly mechanism: Mechanism,
  ) {
    this.name = `matrix-${purpose}-${mechanism}`;
    this.objects = objectsOf(purpose, mechanism)!;
  }

  /** Every operation that some object of the key could be asked for by its algorithm. */
  get asked(): { half: Half; operation: Operation }[] {
    return HALVES.filter((half) => this.objects[half]).flatMap((half) =>
      OF_CLASS[half].filter((one) => ALGORITHM[this.mechanism][one]).map((operation) => ({ half, operation })),
    );
  }

  async use(half: Half, operation: Operation): Promise<string> {
    const used = await this.hsm.use({
      token: this.token,
      ckaId: idOf(this.name),
      class: CLASS[half],
      operation,
      algorithm: ALGORITHM[this.mechanism][operation]!,
      ...this.#input(operation),
    });
    if (!used.ok) return used.error.code === 'not-found' ? 'no object' : (used.error.rv ?? used.error.message);
    this.#made.set(operation, used.value);
    return 'CKR_OK';
  }

  /** What was made while the key was active; before that, and of what it cannot make, something of the right size. */
  #input(operation: Operation): { data: Uint8Array; signature?: Uint8Array } {
    const curve = CURVES[this.mechanism];
    if (operation === 'derive' && curve) return { data: Uint8Array.from(createECDH(curve).generateKeys()) };
    const maker = MADE_BY[operation];
    const made = (maker && this.#made.get(maker)) ?? this.#other(operation);
    return operation === 'verify' ? { data: this.#data, signature: made } : { data: maker ? made : this.#data };
  }

  /** Refused before it is looked at, but in a form that this software lets through. */
  #other(operation: Operation): Uint8Array {
    if (operation !== 'verify') return Uint8Array.from(randomBytes(256));
    const integer = [0x02, 0x01, 0x01];
    return CURVES[this.mechanism] ? Uint8Array.of(0x30, 6, ...integer, ...integer) : Uint8Array.from(randomBytes(32));
  }
}

export async function walk(
  hsm: Hsm,
  token: TokenRef,
  purpose: Purpose,
  mechanism: Mechanism,
  profiles: readonly Profile[],
  meddle: (name: string, place: string) => Promise<void> = () => Promise.resolve(),
): Promise<Cell[]> {
  const walker = new Walker(hsm, token, purpose, mechanism);
  const { name, objects, asked } = walker;
  must(await makeKey(hsm, token, name, purpose, mechanism));
  const cells: Cell[] = [];
  const ask = async (place: Place): Promise<void> => {
    for (const { half, operation } of asked) {
      const answer = await walker.use(half, operation);
      const type = objects[half]!;
      cells.push({ profile: place.profile.id, state: nameOf(place), type, mechanism, operation, answer });
    }
  };
  // What is verified, decrypted and unwrapped later is made first.
  await set(hsm, token, name, activationOf(objects));
  const makers = asked.filter(({ operation }) => Object.values(MADE_BY).includes(operation));
  for (const { half, operation } of makers) await walker.use(half, operation);

  const places = profiles.flatMap(placesOf);
  for (const place of places.filter((one) => !isGone(one))) {
    await set(hsm, token, name, usageAt(place, objects));
    await meddle(name, nameOf(place));
    await ask(place);
  }
  for (const half of HALVES) {
    if (objects[half]) must(await hsm.destroyObject({ token, ckaId: idOf(name), class: CLASS[half] }));
  }
  for (const place of places.filter(isGone)) await ask(place);
  return cells;
}
