/**
 * Lists every object that a login sees, page by page, so that other requests come between two pages. Only what the token
 * tells anyone who is logged in is asked for; the value of a private or secret key is not.
 */

import { createHash } from 'node:crypto';

import type { ListedObject } from '../../../core/inventory/object.ts';
import { jcsBytes } from '../../../core/json/jcs.ts';
import type { Attribute } from '../../../core/ledger/fields.ts';
import { ATTRIBUTES, type AttributeName } from '../attribute.ts';
import type { AttributeReading, DestroyListedRequest, ListRequest, ObjectPage } from '../port.ts';
import { readOne } from './attribute-codec.ts';
import { type Context, type Handle, HostFailure, inSession, type Login, refuse, tokenCall } from './context.ts';
import { CKO, classOf, search } from './objects.ts';
import { RV } from './rv.ts';
import { withLogin } from './slots.ts';

const STORAGE: readonly AttributeName[] = [
  'CKA_TOKEN',
  'CKA_PRIVATE',
  'CKA_MODIFIABLE',
  'CKA_COPYABLE',
  'CKA_DESTROYABLE',
  'CKA_UNIQUE_ID',
];

const KEY: readonly AttributeName[] = [
  ...STORAGE,
  'CKA_KEY_TYPE',
  'CKA_START_DATE',
  'CKA_END_DATE',
  'CKA_DERIVE',
  'CKA_LOCAL',
  'CKA_KEY_GEN_MECHANISM',
];

const ASYMMETRIC: readonly AttributeName[] = [
  'CKA_SUBJECT',
  'CKA_PUBLIC_KEY_INFO',
  'CKA_EC_PARAMS',
  'CKA_EC_POINT',
  'CKA_MODULUS',
  'CKA_PUBLIC_EXPONENT',
];

const SECRET: readonly AttributeName[] = [
  'CKA_SENSITIVE',
  'CKA_ALWAYS_SENSITIVE',
  'CKA_EXTRACTABLE',
  'CKA_NEVER_EXTRACTABLE',
  'CKA_WRAP_WITH_TRUSTED',
  'CKA_SIGN',
  'CKA_DECRYPT',
  'CKA_UNWRAP',
];

/** What is asked of each class. A token answers CKR_ATTRIBUTE_TYPE_INVALID for what an object does not have. */
const NAMES: Readonly<Record<ListedObject['class'], readonly AttributeName[]>> = {
  'private-key': [...KEY, ...ASYMMETRIC, ...SECRET, 'CKA_SIGN_RECOVER', 'CKA_ALWAYS_AUTHENTICATE'],
  'public-key': [
    ...KEY,
    ...ASYMMETRIC,
    'CKA_MODULUS_BITS',
    'CKA_VERIFY',
    'CKA_VERIFY_RECOVER',
    'CKA_ENCRYPT',
    'CKA_WRAP',
    'CKA_TRUSTED',
  ],
  'secret-key': [...KEY, ...SECRET, 'CKA_VERIFY', 'CKA_ENCRYPT', 'CKA_WRAP', 'CKA_TRUSTED', 'CKA_CHECK_VALUE'],
  certificate: [...STORAGE, 'CKA_CERTIFICATE_TYPE', 'CKA_SUBJECT', 'CKA_TRUSTED'],
  data: [...STORAGE, 'CKA_APPLICATION'],
  other: [...STORAGE, 'CKA_CLASS'],
};

/** Their value is no secret of a key, and is told by its digest. */
const WITH_VALUE: ReadonlySet<string> = new Set(['certificate', 'data']);

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** As long as a value in a document may be; a longer one is told by its digest. */
const LONGEST = 4096;

function valueOf({ value }: AttributeReading): Attribute['value'] | null {
  if (value === undefined || typeof value === 'boolean' || typeof value === 'number') return value ?? null;
  const told = typeof value === 'string' ? value : Buffer.from(value).toString('hex');
  return told.length > LONGEST ? `sha256:${sha256(told)}` : told;
}

/** Whether the object has the attribute and the token does not tell it. An unset one has no bytes, and is not there. */
const isUntold = ({ status, rv, raw }: AttributeReading): boolean =>
  status === 'sensitive' || (status === 'unavailable' && rv !== undefined) || (status === 'malformed' && raw !== '');

/** Everything that the token tells of one object. */
export function describe(context: Context, session: Handle, object: Handle): ListedObject {
  const read = (name: AttributeName): AttributeReading => readOne(context, session, object, name);
  const objectClass = classOf(read('CKA_CLASS').value);
  const [id, label] = [read('CKA_ID'), read('CKA_LABEL')];
  const value = WITH_VALUE.has(objectClass) ? read('CKA_VALUE').value : undefined;
  const readings = NAMES[objectClass].map(read);
  return {
    class: objectClass,
    id: id.status === 'read' && id.value instanceof Uint8Array ? Buffer.from(id.value).toString('hex') : '',
    label: String(valueOf(label) ?? ''),
    attributes: readings.flatMap((reading): Attribute[] => {
      const told = valueOf(reading);
      return reading.status !== 'read' || told === null || told === '' ? [] : [{ name: reading.name, value: told }];
    }),
    unreadable: [id, label, ...readings].filter(isUntold).map(({ name }) => name),
    ...(value instanceof Uint8Array ? { value: sha256(value) } : {}),
  };
}

interface Listing {
  readonly login: Login;
  readonly handles: readonly Handle[];
}

/** One at a time: handles live as long as the login. */
const listings = new WeakMap<Context, Listing>();

const GONE: ReadonlySet<number | null> = new Set([RV.OBJECT_HANDLE_INVALID, RV.KEY_HANDLE_INVALID]);

/** A page of the list that `from` 0 begins. An object that was destroyed since then is left out. */
export function listObjects(context: Context, { token, from, limit }: ListRequest): ObjectPage {
  return withLogin(context, token, (login) =>
    inSession(context, login.slot, 'read', (session) => {
      if (from === 0) listings.set(context, { login, handles: search(context, session, []) });
      const listing = listings.get(context);
      if (listing?.login !== login) {
        return refuse({
          code: 'refused',
          call: 'C_FindObjects',
          library: context.library,
          message: 'The list of objects was begun in another login.',
          hint: 'Begin it anew.',
        });
      }
      const { handles } = listing;
      const objects = handles.slice(from, from + limit).flatMap((handle): ListedObject[] => {
        try {
          return [describe(context, session, handle)];
        } catch (error) {
          if (error instanceof HostFailure && GONE.has(error.rv)) return [];
          throw error;
        }
      });
      const next = from + limit < handles.length ? from + limit : null;
      if (next === null) listings.delete(context);
      return { total: handles.length, objects, next };
    }),
  );
}

/** Destroys one object that the list told of, and looks again. Of several that agree in everything it is one of them. */
export function destroyListed(context: Context, request: DestroyListedRequest): null {
  const { token, ckaId, class: objectClass } = request;
  return withLogin(context, token, ({ slot }) => {
    const template = [
      { type: ATTRIBUTES.CKA_CLASS.type, value: CKO[objectClass] },
      ...(ckaId.length === 0 ? [] : [{ type: ATTRIBUTES.CKA_ID.type, value: Buffer.from(ckaId) }]),
    ];
    const fitting = (session: Handle) =>
      search(context, session, template).filter(
        (handle) => sha256(jcsBytes(describe(context, session, handle))) === request.sha256,
      );
    const before = inSession(context, slot, 'write', (session) => {
      const found = fitting(session);
      const [first] = found;
      if (first === undefined) {
        return refuse({
          code: 'not-found',
          call: 'C_FindObjects',
          library: context.library,
          message: 'The token has no object any more that is as the inventory found it.',
          hint: 'Take an inventory, and plan from what it shows.',
        });
      }
      const about = { call: 'C_DestroyObject', key: Buffer.from(ckaId).toString('hex') } as const;
      tokenCall(context, about, () => context.lib.C_DestroyObject(session, first));
      return found.length;
    });
    const after = inSession(context, slot, 'read', (session) => fitting(session).length);
    if (after >= before) {
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
