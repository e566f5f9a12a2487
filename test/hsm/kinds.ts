/** Makes keys of every kind on a token by the templates of the core, reads them and moves them between states. */
import type { Attribute, Mechanism, Purpose } from '../../core/ledger/fields.ts';
import { isPair, objectsOf, type ObjectTypes } from '../../core/lifecycle/purpose.ts';
import { HALVES, type Half } from '../../core/lifecycle/states.ts';
import {
  activationOf,
  attributesOf,
  madeInside,
  preActiveTemplate,
  type Template,
} from '../../core/lifecycle/template.ts';
import { ok, type Result } from '../../core/result.ts';
import type {
  AttributeName,
  Hsm,
  TemplateAttribute,
  TokenRef,
  UseAlgorithm,
  UseOperation,
} from '../../electron/hsm/port.ts';
import { idOf, must } from './host.ts';

export const CLASS = { private: 'private-key', public: 'public-key', secret: 'secret-key' } as const;

type Algorithms = Partial<Record<UseOperation, UseAlgorithm>>;

const RSA: Algorithms = {
  sign: 'rsa-pss-sha256',
  verify: 'rsa-pss-sha256',
  encrypt: 'rsa-oaep-sha1',
  decrypt: 'rsa-oaep-sha1',
  wrap: 'rsa-oaep-sha1',
  unwrap: 'rsa-oaep-sha1',
};
const ec = (algorithm: UseAlgorithm): Algorithms => ({ sign: algorithm, verify: algorithm, derive: 'ecdh' });
const AES: Algorithms = {
  sign: 'aes-cmac',
  verify: 'aes-cmac',
  encrypt: 'aes-gcm',
  decrypt: 'aes-gcm',
  wrap: 'aes-kw',
  unwrap: 'aes-kw',
  derive: 'aes-cbc-derive',
};
const mac = (algorithm: UseAlgorithm): Algorithms => ({ sign: algorithm, verify: algorithm });

/** Everything that a key of the mechanism could do by its algorithm, whatever it is made for. */
export const ALGORITHM: Readonly<Record<Mechanism, Algorithms>> = {
  'rsa-2048': RSA,
  'rsa-3072': RSA,
  'rsa-4096': RSA,
  'ec-p256': ec('ecdsa-sha256'),
  'ec-p384': ec('ecdsa-sha384'),
  'ec-p521': ec('ecdsa-sha512'),
  ed25519: mac('ed25519'),
  'aes-128': AES,
  'aes-192': AES,
  'aes-256': AES,
  'hmac-sha256': mac('hmac-sha256'),
  'hmac-sha384': mac('hmac-sha384'),
  'hmac-sha512': mac('hmac-sha512'),
};

const forPort = (list: readonly Attribute[]): TemplateAttribute[] =>
  list
    .filter(({ name }) => name !== 'CKA_LABEL' && name !== 'CKA_VALUE_LEN')
    .map(({ name, value }) => ({ name: name as AttributeName, value }));

/** A pre-active key whose label is its name. The value is the template it was made by. */
export async function makeKey(
  hsm: Hsm,
  token: TokenRef,
  name: string,
  purpose: Purpose,
  mechanism: Mechanism,
): Promise<Result<Template>> {
  if (!objectsOf(purpose, mechanism)) throw new Error(`no ${mechanism} key is made to ${purpose}`);
  const template = preActiveTemplate(name, mechanism);
  const common = { token, ckaId: idOf(name), label: name };
  const made = isPair(mechanism)
    ? await hsm.generateKeyPair({
        ...common,
        mechanism,
        privateTemplate: forPort(attributesOf(template, 'private')),
        publicTemplate: forPort(attributesOf(template, 'public')),
      })
    : await hsm.generateKey({ ...common, mechanism, template: forPort(attributesOf(template, 'secret')) });
  return made.ok ? ok(template) : made;
}

/** What the token reports of every attribute that a key of this kind is expected to have. */
export async function readTemplate(hsm: Hsm, token: TokenRef, name: string, mechanism: Mechanism): Promise<Template> {
  const template = preActiveTemplate(name, mechanism);
  const inside = madeInside(mechanism);
  const found: Partial<Record<Half, Attribute[]>> = {};
  for (const half of HALVES) {
    const wanted = [...attributesOf(template, half), ...attributesOf(inside, half)];
    if (wanted.length === 0) continue;
    const names = wanted.map((attribute) => attribute.name as AttributeName);
    const readings = must(await hsm.readAttributes({ token, ckaId: idOf(name), class: CLASS[half], names }));
    found[half] = readings.flatMap(({ name: n, status, value }) =>
      status === 'read' && value !== undefined && !(value instanceof Uint8Array) ? [{ name: n, value }] : [],
    );
  }
  return found;
}

/** Sets attributes on each object of a key, and fails where the token does not. */
export async function set(hsm: Hsm, token: TokenRef, name: string, template: Template): Promise<void> {
  for (const half of HALVES) {
    const attributes = forPort(attributesOf(template, half));
    if (attributes.length > 0)
      must(await hsm.setAttributes({ token, ckaId: idOf(name), class: CLASS[half], attributes }));
  }
}

export const activate = (hsm: Hsm, token: TokenRef, name: string, objects: ObjectTypes): Promise<void> =>
  set(hsm, token, name, activationOf(objects));
