/** Finds, reads, changes and destroys objects. An object is always named by CKA_ID and class, never by a handle. */

import { ATTRIBUTES } from '../attribute.ts';
import type {
  AttributeReading,
  FindRequest,
  ObjectClass,
  ObjectRequest,
  ObjectSummary,
  ReadAttributesRequest,
  SetAttributesRequest,
  TokenRef,
} from '../port.ts';
import { encode, readOne, type RawAttribute } from './attribute-codec.ts';
import { call, type Context, type Handle, inSession, refuse, tokenCall } from './context.ts';
import { withLogin } from './slots.ts';

export const CKO: Readonly<Record<ObjectClass, number>> = {
  data: 0,
  certificate: 1,
  'public-key': 2,
  'private-key': 3,
  'secret-key': 4,
};

const CLASS_OF: ReadonlyMap<number, ObjectClass> = new Map(
  (Object.entries(CKO) as [ObjectClass, number][]).map(([name, number]) => [number, name]),
);

export const classOf = (value: unknown): ObjectClass | 'other' =>
  (typeof value === 'number' ? CLASS_OF.get(value) : undefined) ?? 'other';

const KEY_TYPES: Readonly<Record<number, string>> = {
  0x00: 'CKK_RSA',
  0x01: 'CKK_DSA',
  0x02: 'CKK_DH',
  0x03: 'CKK_EC',
  0x10: 'CKK_GENERIC_SECRET',
  0x15: 'CKK_DES3',
  0x1f: 'CKK_AES',
  0x40: 'CKK_EC_EDWARDS',
  0x41: 'CKK_EC_MONTGOMERY',
};

/**
 * All handles that fit. They are collected before anything else is called: some tokens break when another function runs
 * inside an open search.
 */
export function search(context: Context, session: Handle, template: RawAttribute[]): Handle[] {
  const { lib } = context;
  call(context, 'C_FindObjectsInit', () => lib.C_FindObjectsInit(session, template));
  const handles: Handle[] = [];
  try {
    for (;;) {
      const batch = call(context, 'C_FindObjects', () => lib.C_FindObjects(session, 64));
      if (batch.length === 0) return handles;
      handles.push(...batch);
    }
  } finally {
    try {
      lib.C_FindObjectsFinal(session);
    } catch {
      // The session is closed right after; the search's own failure is the one to report.
    }
  }
}

export const byIdAndClass = (ckaId: Uint8Array, objectClass: ObjectClass): RawAttribute[] => [
  { type: ATTRIBUTES.CKA_CLASS.type, value: CKO[objectClass] },
  { type: ATTRIBUTES.CKA_ID.type, value: Buffer.from(ckaId) },
];

function summary(context: Context, session: Handle, object: Handle): ObjectSummary {
  const value = (name: 'CKA_CLASS' | 'CKA_LABEL' | 'CKA_ID' | 'CKA_KEY_TYPE'): unknown =>
    readOne(context, session, object, name).value;
  const objectClass = classOf(value('CKA_CLASS'));
  const label = value('CKA_LABEL');
  const id = value('CKA_ID');
  const keyType = objectClass.endsWith('-key') ? value('CKA_KEY_TYPE') : undefined;
  return {
    class: objectClass,
    label: typeof label === 'string' ? label : '',
    ckaId: id instanceof Uint8Array ? id : new Uint8Array(),
    ...(typeof keyType === 'number' ? { keyType: KEY_TYPES[keyType] ?? `CKK_0x${keyType.toString(16)}` } : {}),
  };
}

export function findKeys(context: Context, request: FindRequest): ObjectSummary[] {
  const template: RawAttribute[] = [];
  if (request.class !== undefined) template.push({ type: ATTRIBUTES.CKA_CLASS.type, value: CKO[request.class] });
  if (request.ckaId !== undefined) template.push({ type: ATTRIBUTES.CKA_ID.type, value: Buffer.from(request.ckaId) });
  if (request.label !== undefined)
    template.push({ type: ATTRIBUTES.CKA_LABEL.type, value: Buffer.from(request.label) });
  const found = list(context, request.token, template);
  return request.class === undefined ? found.filter((object) => object.class.endsWith('-key')) : found;
}

function list(context: Context, token: TokenRef, template: RawAttribute[]): ObjectSummary[] {
  return withLogin(context, token, ({ slot }) =>
    inSession(context, slot, 'read', (session) =>
      search(context, session, template).map((object) => summary(context, session, object)),
    ),
  );
}

const CLASS_WORDS: Readonly<Record<ObjectClass, string>> = {
  'private-key': 'private key',
  'public-key': 'public key',
  'secret-key': 'secret key',
  certificate: 'certificate',
  data: 'data object',
};

/** The one object with this CKA_ID and class. */
export function exactlyOne(
  context: Context,
  session: Handle,
  { ckaId, class: objectClass }: Pick<ObjectRequest, 'ckaId' | 'class'>,
): Handle {
  const found = search(context, session, byIdAndClass(ckaId, objectClass));
  const [only] = found;
  const id = hexOf(ckaId);
  if (only === undefined) {
    return refuse({
      code: 'not-found',
      call: 'C_FindObjects',
      library: context.library,
      message: `The token has no ${CLASS_WORDS[objectClass]} with the CKA_ID ${id}.`,
    });
  }
  if (found.length > 1) {
    refuse({
      code: 'refused',
      policy: 'HSM-2',
      call: 'C_FindObjects',
      library: context.library,
      message: `The token has ${found.length} objects (${CLASS_WORDS[objectClass]}) with the CKA_ID ${id}, where one is meant.`,
      hint: 'Look at the token’s inventory; another program may have made a copy.',
    });
  }
  return only;
}

export function readAttributes(context: Context, request: ReadAttributesRequest): AttributeReading[] {
  return withLogin(context, request.token, ({ slot }) =>
    inSession(context, slot, 'read', (session) => {
      const object = exactlyOne(context, session, request);
      return request.names.map((name) => readOne(context, session, object, name));
    }),
  );
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export function setAttributes(context: Context, request: SetAttributesRequest): AttributeReading[] {
  const template = request.attributes.map(encode);
  withLogin(context, request.token, ({ slot }) =>
    inSession(context, slot, 'write', (session) => {
      const object = exactlyOne(context, session, request);
      const about = { call: 'C_SetAttributeValue', key: hexOf(request.ckaId) } as const;
      tokenCall(context, about, () => context.lib.C_SetAttributeValue(session, object, template));
    }),
  );
  const names = request.attributes.map((attribute) => attribute.name);
  const { token, ckaId, class: objectClass } = request;
  // CKA_ID may itself have been changed, and then the object answers to the new one.
  const newId = request.attributes.find((attribute) => attribute.name === 'CKA_ID')?.value;
  const readings = readAttributes(context, {
    token,
    ckaId: newId instanceof Uint8Array ? newId : ckaId,
    class: objectClass,
    names,
  });
  for (const [i, reading] of readings.entries()) {
    const wanted = rawHex(template[i]!.value);
    if (reading.status === 'read' && reading.raw !== wanted) {
      refuse({
        code: 'hsm',
        call: 'C_SetAttributeValue',
        rv: 'CKR_OK',
        library: context.library,
        message: `The library reports success, but ${reading.name} reads otherwise in a fresh session.`,
        hint: 'Treat the key’s state as unknown until its attributes were read again.',
      });
    }
  }
  return readings;
}

function rawHex(value: boolean | number | Buffer): string {
  if (typeof value === 'boolean') return value ? '01' : '00';
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(value, 0);
    return bytes.toString('hex');
  }
  return value.toString('hex');
}

export function destroyObject(context: Context, request: ObjectRequest): null {
  return withLogin(context, request.token, ({ slot }) => {
    inSession(context, slot, 'write', (session) => {
      // By handle, of exactly one object. The binding's session.destroy without an argument destroys every object.
      const object = exactlyOne(context, session, request);
      const about = { call: 'C_DestroyObject', key: hexOf(request.ckaId) } as const;
      tokenCall(context, about, () => context.lib.C_DestroyObject(session, object));
    });
    const left = inSession(context, slot, 'read', (session) =>
      search(context, session, byIdAndClass(request.ckaId, request.class)),
    );
    if (left.length > 0) {
      refuse({
        code: 'hsm',
        call: 'C_DestroyObject',
        rv: 'CKR_OK',
        library: context.library,
        message: 'The library reports success, but the object is still found in a fresh session.',
        hint: 'The object is not destroyed. Look at the device.',
      });
    }
    return null;
  });
}
