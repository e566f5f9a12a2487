/**
 * Data objects (PKCS#11 v2.40 base, section 4.5). They cannot be changed after they were made, so that a new one is
 * created before the old one is destroyed; each is named by what it holds, never by a handle.
 */

import { createHash } from 'node:crypto';

import { ATTRIBUTES } from '../attribute.ts';
import type { CreateDataRequest, DataRef, DestroyDataRequest } from '../port.ts';
import { readOne, type RawAttribute } from './attribute-codec.ts';
import {
  type Context,
  type DataObject,
  type Handle,
  HostFailure,
  inSession,
  refuse,
  tokenCall,
  tokenKey,
} from './context.ts';
import { search } from './objects.ts';
import { RV } from './rv.ts';
import { findToken, withLogin } from './slots.ts';

const CKO_DATA = 0;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const named = ({ label, application }: DataRef): RawAttribute[] => [
  { type: ATTRIBUTES.CKA_CLASS.type, value: CKO_DATA },
  { type: ATTRIBUTES.CKA_LABEL.type, value: Buffer.from(label) },
  { type: ATTRIBUTES.CKA_APPLICATION.type, value: Buffer.from(application) },
];

const under = ({ token, label, application }: DataRef): string => JSON.stringify([tokenKey(token), label, application]);

/** An object without a readable value is shown as empty: it is there, and it is no anchor. */
function valueOf(context: Context, session: Handle, handle: Handle): Uint8Array {
  const { value } = readOne(context, session, handle, 'CKA_VALUE');
  return value instanceof Uint8Array ? value : new Uint8Array();
}

function found(context: Context, session: Handle, ref: DataRef): readonly DataObject[] {
  const objects = search(context, session, named(ref)).map((handle) => ({
    handle,
    value: valueOf(context, session, handle),
  }));
  context.seen = { under: under(ref), objects };
  return objects;
}

/** Whether the handle still stands for the object with this value. Another program may have destroyed it. */
function isStill(context: Context, session: Handle, { handle, value }: DataObject): boolean {
  try {
    return Buffer.from(valueOf(context, session, handle)).equals(value);
  } catch (error) {
    if (error instanceof HostFailure && error.rv === RV.OBJECT_HANDLE_INVALID) return false;
    throw error;
  }
}

/** The objects that the last search found, where it was for these names: a search goes through all that the token has. */
function known(context: Context, session: Handle, ref: DestroyDataRequest): readonly DataObject[] {
  const objects = context.seen?.under === under(ref) ? context.seen.objects : [];
  const meant = objects.filter(({ value }) => sha256(value) === ref.sha256);
  const still = meant.length > 0 && meant.every((object) => isStill(context, session, object));
  return still ? objects : found(context, session, ref);
}

export function readData(context: Context, ref: DataRef): Uint8Array[] {
  const read = (slot: Handle): Uint8Array[] =>
    inSession(context, slot, 'read', (session) => found(context, session, ref).map(({ value }) => value));
  return context.logins.has(tokenKey(ref.token))
    ? withLogin(context, ref.token, ({ slot }) => read(slot))
    : read(findToken(context, ref.token).slot);
}

export function createData(context: Context, request: CreateDataRequest): null {
  const { token, value } = request;
  return withLogin(context, token, ({ slot }) => {
    // CKA_MODIFIABLE and CKA_DESTROYABLE are left out: some modules refuse a data object that names them.
    const template: RawAttribute[] = [
      ...named(request),
      { type: ATTRIBUTES.CKA_TOKEN.type, value: true },
      { type: ATTRIBUTES.CKA_PRIVATE.type, value: request.private },
      { type: ATTRIBUTES.CKA_VALUE.type, value: Buffer.from(value) },
    ];
    inSession(context, slot, 'write', (session) => {
      const about = { call: 'C_CreateObject', label: request.label, sha256: sha256(value) } as const;
      tokenCall(context, about, () => context.lib.C_CreateObject(session, template));
    });
    const kept = inSession(context, slot, 'read', (session) => found(context, session, request));
    if (!kept.some((object) => Buffer.from(object.value).equals(value))) {
      refuse({
        code: 'hsm',
        call: 'C_CreateObject',
        rv: 'CKR_OK',
        library: context.library,
        message: 'The library reports success, but a fresh session does not find the data object as it was made.',
        hint: 'The token does not keep data objects as the standard says.',
      });
    }
    return null;
  });
}

export function destroyData(context: Context, request: DestroyDataRequest): null {
  return withLogin(context, request.token, ({ slot }) => {
    const fits = ({ value }: DataObject): boolean => sha256(value) === request.sha256;
    inSession(context, slot, 'write', (session) => {
      const [only, ...more] = known(context, session, request).filter(fits);
      if (only === undefined) {
        return refuse({
          code: 'not-found',
          call: 'C_FindObjects',
          library: context.library,
          message: 'The token has no data object with these names and this value.',
        });
      }
      if (more.length > 0) {
        refuse({
          code: 'refused',
          policy: 'HSM-2',
          call: 'C_FindObjects',
          library: context.library,
          message: `The token has ${more.length + 1} data objects with these names and this value, where one is meant.`,
          hint: 'Look at the token’s inventory; another program may have made a copy.',
        });
      }
      const about = { call: 'C_DestroyObject', label: request.label, sha256: request.sha256 } as const;
      tokenCall(context, about, () => context.lib.C_DestroyObject(session, only.handle));
    });
    const left = inSession(context, slot, 'read', (session) => found(context, session, request).filter(fits));
    if (left.length > 0) {
      refuse({
        code: 'hsm',
        call: 'C_DestroyObject',
        rv: 'CKR_OK',
        library: context.library,
        message: 'The library reports success, but the data object is still found in a fresh session.',
        hint: 'The object is not destroyed. Look at the device.',
      });
    }
    return null;
  });
}
