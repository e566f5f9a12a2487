/**
 * A token in memory behind the HSM port, with real keys and real signatures. What it does is done at once and for good;
 * what the cut decides is whether it was done before the power failed. It tells an observer of every use.
 */
import { createHash, generateKeyPairSync, generateKeySync, sign as signWith, type KeyObject } from 'node:crypto';
import type {
  AttributeReading,
  AttributeValue,
  DataRef,
  Hsm,
  KeyMechanism,
  ModuleInfo,
  ObjectClass,
  ObjectSummary,
  SignAlgorithm,
  TemplateAttribute,
  TokenInfo,
  TokenRef,
} from '../../../electron/hsm/port.ts';
import type { ListedObject } from '../../../core/inventory/object.ts';
import { fail, ok, type Result } from '../../../core/result.ts';
import { lowS } from '../../../core/evidence/signature.ts';
import type { Clockwork } from './clockwork.ts';

export interface KeyHalf {
  readonly token: string;
  readonly class: 'private-key' | 'public-key' | 'secret-key';
  readonly ckaId: string;
  readonly key: KeyObject;
  readonly attributes: Map<string, AttributeValue>;
}

export interface DataObject {
  readonly token: string;
  readonly label: string;
  readonly application: string;
  readonly value: Uint8Array;
}

/** One use of a key or change of the token, as the observer hears of it just before it takes effect. */
export interface Use {
  readonly call: 'generate' | 'set' | 'destroy' | 'sign';
  readonly token: string;
  readonly ckaId: string;
  readonly label: string;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const CURVES = { 'ec-p256': 'P-256', 'ec-p384': 'P-384', 'ec-p521': 'P-521' } as const;
const GENERATION: Readonly<Record<string, number>> = { ed25519: 0x1055, 'rsa-3072': 0 };

const make = (mechanism: KeyMechanism) =>
  mechanism === 'ed25519'
    ? generateKeyPairSync('ed25519')
    : mechanism in CURVES
      ? generateKeyPairSync('ec', { namedCurve: CURVES[mechanism as keyof typeof CURVES] })
      : generateKeyPairSync('rsa', { modulusLength: Number(mechanism.slice(4)) });

const spkiOf = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ format: 'der', type: 'spki' }));

function signature(key: KeyObject, algorithm: SignAlgorithm, data: Uint8Array): Uint8Array {
  if (algorithm === 'ed25519') return new Uint8Array(signWith(null, data, key));
  const made = signWith(algorithm.slice(-6), data, { key, dsaEncoding: 'der' });
  const curve = { prime256v1: 'P-256', secp384r1: 'P-384' }[key.asymmetricKeyDetails!.namedCurve!] as 'P-256' | 'P-384';
  return lowS(curve, new Uint8Array(made))!;
}

const listed = (half: KeyHalf): ListedObject => ({
  class: half.class,
  id: half.ckaId,
  label: String(half.attributes.get('CKA_LABEL')),
  attributes: [...half.attributes].flatMap(([name, value]) =>
    name === 'CKA_LABEL' || value instanceof Uint8Array ? [] : [{ name, value }],
  ),
  unreadable: [],
});

const listedData = ({ label, application, value }: DataObject): ListedObject => ({
  class: 'data',
  id: '',
  label,
  attributes: [{ name: 'CKA_APPLICATION', value: application }],
  unreadable: [],
  value: sha256(value),
});

export class FakeToken {
  keys: KeyHalf[] = [];
  data: DataObject[] = [];
  readonly pins = new Map<string, string>();
  observer: (use: Use) => void = () => undefined;

  constructor(
    readonly power: Clockwork,
    /** A token that says it kept an object and did not. Planted to show that the checks can fail. */
    private readonly forgets = false,
  ) {}

  clone(power: Clockwork): FakeToken {
    const copy = new FakeToken(power, this.forgets);
    copy.keys = this.keys.map((half) => ({ ...half, attributes: new Map(half.attributes) }));
    copy.data = [...this.data];
    for (const [serial, pin] of this.pins) copy.pins.set(serial, pin);
    return copy;
  }

  /** A host on this token; each start of the application has its own. */
  host(): Hsm {
    return new Host(this).port();
  }

  get forgetful(): boolean {
    return this.forgets;
  }
}

const MODULE: ModuleInfo = {
  path: '/fake.so',
  realPath: '/fake.so',
  fileSha256: '0'.repeat(64),
  cryptokiVersion: '2.40',
  manufacturer: 'Fake',
  description: 'A token in memory',
  version: '1.0',
  flags: 0,
  warnings: [],
};

const SLOTS = ['vault', 'root'] as const;

class Host {
  #loggedIn: TokenRef[] = [];

  constructor(private readonly token: FakeToken) {}

  #info(slot: (typeof SLOTS)[number]): TokenInfo {
    const label = slot === 'vault' ? 'conclave-rehearsal' : 'conclave-root';
    return {
      label: this.token.pins.has(slot) ? label : '',
      serial: slot,
      manufacturer: 'Fake',
      model: 'Memory',
      hardwareVersion: '1.0',
      firmwareVersion: '1.0',
      flags: [],
      initialized: this.token.pins.has(slot),
      minPinLength: 4,
      maxPinLength: 64,
      mechanisms: [],
      pinPad: false,
    };
  }

  #halves(token: TokenRef, ckaId?: Uint8Array, objectClass?: ObjectClass): KeyHalf[] {
    return this.token.keys.filter(
      (half) =>
        half.token === token.serial &&
        (ckaId === undefined || half.ckaId === hex(ckaId)) &&
        (objectClass === undefined || half.class === objectClass),
    );
  }

  #named(ref: DataRef): DataObject[] {
    return this.token.data.filter(
      ({ token, label, application }) =>
        token === ref.token.serial && label === ref.label && application === ref.application,
    );
  }

  port(): Hsm {
    const { power } = this.token;
    const summary = (half: KeyHalf): ObjectSummary => ({
      class: half.class,
      label: String(half.attributes.get('CKA_LABEL')),
      ckaId: Uint8Array.from(Buffer.from(half.ckaId, 'hex')),
    });
    const none: Result<never> = fail({ code: 'not-found', message: 'There is no such object.' });
    const look = <T>(read: () => Result<T>): Promise<Result<T>> => power.look(read);
    const one = (token: TokenRef, ckaId: Uint8Array, objectClass: ObjectClass): KeyHalf | undefined =>
      this.#halves(token, ckaId, objectClass)[0];
    const use = (call: Use['call'], token: TokenRef, ckaId: Uint8Array, label: string) =>
      this.token.observer({ call, token: token.serial, ckaId: hex(ckaId), label });

    return {
      open: () => look(() => ok(MODULE)),
      slots: () =>
        look(() =>
          ok(SLOTS.map((id) => ({ id, description: '', manufacturer: '', flags: [], token: this.#info(id) }))),
        ),
      initToken: () => look(() => none),
      initRehearsalToken: ({ slot, label }) =>
        power.step('C_InitToken', () => {
          this.token.pins.set(slot, '1234');
          const pin = (): Uint8Array => new TextEncoder().encode('1234');
          return ok({ slot, token: { label, serial: slot }, soPin: pin(), userPin: pin() });
        }),
      login: ({ token, pin }) =>
        look(() => {
          const right = this.token.pins.get(token.serial) === new TextDecoder().decode(pin);
          pin.fill(0);
          if (!right) return fail({ code: 'hsm', call: 'C_Login', rv: 'CKR_PIN_INCORRECT', message: 'Wrong.' });
          this.#loggedIn.push(token);
          return ok({ flags: [] });
        }),
      logout: () => look(() => ok(null)),
      generateKeyPair: ({ token, mechanism, ckaId, label, privateTemplate, publicTemplate }) => {
        const pair = make(mechanism);
        const half = (
          objectClass: KeyHalf['class'],
          key: KeyObject,
          template: readonly TemplateAttribute[],
          inside: Record<string, AttributeValue>,
        ): KeyHalf => ({
          token: token.serial,
          class: objectClass,
          ckaId: hex(ckaId),
          key,
          attributes: new Map<string, AttributeValue>([
            ['CKA_LABEL', label],
            ...template.map(({ name, value }) => [name, value] as const),
            ['CKA_LOCAL', true],
            ['CKA_KEY_GEN_MECHANISM', GENERATION[mechanism] ?? 0x1040],
            ...Object.entries(inside),
          ]),
        });
        const publicHalf = half('public-key', pair.publicKey, publicTemplate, {});
        const inside = { CKA_ALWAYS_SENSITIVE: true, CKA_NEVER_EXTRACTABLE: true };
        const privateHalf = half('private-key', pair.privateKey, privateTemplate, inside);
        return power.step(
          'C_GenerateKeyPair',
          () => {
            use('generate', token, ckaId, label);
            this.token.keys.push(publicHalf, privateHalf);
            return ok({ privateKey: summary(privateHalf), publicKey: summary(publicHalf) });
          },
          () => {
            use('generate', token, ckaId, label);
            this.token.keys.push(publicHalf);
          },
        );
      },
      generateKey: ({ token, mechanism, ckaId, label, template }) => {
        const [family, size] = mechanism.split('-') as ['aes' | 'hmac', string];
        const length = Number(size.replace('sha', ''));
        const secret: KeyHalf = {
          token: token.serial,
          class: 'secret-key',
          ckaId: hex(ckaId),
          key: generateKeySync(family, { length }),
          attributes: new Map<string, AttributeValue>([
            ['CKA_LABEL', label],
            ['CKA_VALUE_LEN', length / 8],
            ...template.map(({ name, value }) => [name, value] as const),
            ['CKA_LOCAL', true],
            ['CKA_KEY_GEN_MECHANISM', family === 'aes' ? 0x1080 : 0x350],
            ['CKA_ALWAYS_SENSITIVE', true],
            ['CKA_NEVER_EXTRACTABLE', true],
          ]),
        };
        return power.step('C_GenerateKey', () => {
          use('generate', token, ckaId, label);
          this.token.keys.push(secret);
          return ok(summary(secret));
        });
      },
      findKeys: ({ token, ckaId, label }) =>
        look(() =>
          ok(
            this.#halves(token, ckaId)
              .filter((half) => label === undefined || half.attributes.get('CKA_LABEL') === label)
              .map(summary),
          ),
        ),
      readAttributes: ({ token, ckaId, class: objectClass, names }) =>
        look(() => {
          const half = one(token, ckaId, objectClass);
          if (!half) return none;
          return ok(
            names.map((name): AttributeReading => {
              const value = half.attributes.get(name);
              return value === undefined ? { name, status: 'invalid-type' } : { name, status: 'read', value };
            }),
          );
        }),
      publicKeySpki: ({ token, ckaId }) =>
        look(() => {
          const half = one(token, ckaId, 'public-key');
          return half ? ok(spkiOf(half.key)) : none;
        }),
      setAttributes: ({ token, ckaId, class: objectClass, attributes }) =>
        power.step('C_SetAttributeValue', () => {
          const half = one(token, ckaId, objectClass);
          if (!half) return none;
          use('set', token, ckaId, String(half.attributes.get('CKA_LABEL')));
          for (const { name, value } of attributes) half.attributes.set(name, value);
          return ok(attributes.map(({ name, value }): AttributeReading => ({ name, status: 'read', value })));
        }),
      sign: ({ token, ckaId, algorithm, data }) =>
        power.step('C_Sign', () => {
          const half = one(token, ckaId, 'private-key');
          if (!half) return none;
          if (half.attributes.get('CKA_SIGN') !== true) {
            return fail({ code: 'hsm', call: 'C_SignInit', rv: 'CKR_KEY_FUNCTION_NOT_PERMITTED', message: 'No.' });
          }
          use('sign', token, ckaId, String(half.attributes.get('CKA_LABEL')));
          return ok(signature(half.key, algorithm, data));
        }),
      // This token signs and does nothing else.
      use: () => look(() => fail({ code: 'hsm', rv: 'CKR_FUNCTION_NOT_SUPPORTED', message: 'This token only signs.' })),
      destroyObject: ({ token, ckaId, class: objectClass }) =>
        power.step('C_DestroyObject', () => {
          const half = one(token, ckaId, objectClass);
          if (!half) return none;
          use('destroy', token, ckaId, String(half.attributes.get('CKA_LABEL')));
          this.token.keys = this.token.keys.filter((other) => other !== half);
          return ok(null);
        }),
      probeSigning: ({ mechanism, algorithm, data }) =>
        power.step('C_Sign of a session key', () => {
          const pair = make(mechanism);
          return ok({ spki: spkiOf(pair.publicKey), signature: signature(pair.privateKey, algorithm, data) });
        }),
      readData: (ref) => look(() => ok(this.#named(ref).map(({ value }) => value.slice()))),
      createData: ({ token, label, application, value }) =>
        power.step('C_CreateObject', () => {
          if (
            this.token.forgetful &&
            label === 'conclave-head' &&
            this.#named({ token, label, application }).length > 0
          )
            return ok(null);
          this.token.data.push({ token: token.serial, label, application, value: value.slice() });
          return ok(null);
        }),
      destroyData: (ref) =>
        power.step('C_DestroyObject of data', () => {
          const found = this.#named(ref).filter(({ value }) => sha256(value) === ref.sha256);
          if (this.token.forgetful && ref.label === 'conclave-head') return ok(null);
          if (found.length !== 1) return none;
          this.token.data = this.token.data.filter((object) => object !== found[0]);
          return ok(null);
        }),
      listObjects: ({ token, from, limit }) =>
        look(() => {
          const all = [
            ...this.#halves(token).map(listed),
            ...this.token.data.filter((object) => object.token === token.serial).map(listedData),
          ];
          const next = from + limit < all.length ? from + limit : null;
          return ok({ total: all.length, objects: all.slice(from, from + limit), next });
        }),
      destroyListed: () => look(() => none),
      probeKey: ({ token, ckaId }) =>
        power.step('a throw-away key', () => {
          use('generate', token, ckaId, 'conclave-probe');
          return ok({
            clear: { answer: 'enforced' },
            restore: { answer: 'works' },
            copy: { answer: 'refused' },
            dates: { answer: 'readable' },
          });
        }),
      removeProbeKey: () => look(() => ok(0)),
      end: () =>
        look(() => {
          this.#loggedIn = [];
          return ok(null);
        }),
      takeCalls: () => null,
      status: () => ({ state: 'open', waiting: 0, loggedIn: this.#loggedIn }),
      onLost: () => () => undefined,
      abort: () => undefined,
      restart: () => look(() => ok(null)),
    };
  }
}
