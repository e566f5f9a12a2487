/**
 * Data objects (PKCS#11 v2.40 base, section 4.5). They cannot be changed after they were made, so that a new one is
 * created before the old one is destroyed; each is named by what it holds, never by a handle.
 */

import { createHash } from 'node:crypto';

import { ATTRIBUTES } from '../attribute.ts';
import type { CreateDataRequest, DataRef, DestroyDataRequest } from '../port.ts';
import { readOne, type RawAttribute } from './attribute-codec.ts';
import { type Context, type Handle, inSession, refuse, tokenCall, tokenKey } from './context.ts';
import { search } from './objects.ts';
import { findToken, withLogin } from './slots.ts';

const CKO_DATA = 0;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const named = ({ label, application }: DataRef): RawAttribute[] => [
  { type: ATTRIBUTES.CKA_CLASS.type, value: CKO_DATA },
  { type: ATTRIBUTES.CKA_LABEL.type, value: Buffer.from(label) },
  { type: ATTRIBUTES.CKA_APPLICATION.type, value: Buffer.from(application) },
];

function found(context: Context, session: Handle, ref: DataRef): { handle: Handle; value: Uint8Array }[] {
  return search(context, session, named(ref)).map((handle) => {
    const { value } = readOne(context, session, handle, 'CKA_VALUE');
    // An object without a readable value is shown as empty: it is there, and it is no anchor.
    return { handle, value: value instanceof Uint8Array ? value : new Uint8Array() };
  });
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
    const fitting = (session: Handle) =>
      found(context, session, request).filter(({ value }) => sha256(value) === request.sha256);
    inSession(context, slot, 'write', (session) => {
      const [only, ...more] = fitting(session);
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
    const left = inSession(context, slot, 'read', (session) => fitting(session));
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
