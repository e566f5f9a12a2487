/** Between attribute values and the bytes of PKCS#11, and the one safe way to read an attribute. */

import { endianness } from 'node:os';

import { ATTRIBUTES, type AttributeName } from '../attribute.ts';
import type { AttributeReading, AttributeValue, TemplateAttribute } from '../port.ts';
import { call, type Context, type Handle, HostFailure } from './context.ts';
import { ENDS_LOGIN, RV, rvName } from './rv.ts';

/** An attribute as the binding takes it. Always a boolean, a number below 2^32 or a Buffer: nothing else is safe. */
export interface RawAttribute {
  type: number;
  value: boolean | number | Buffer;
}

/**
 * To the binding. Text and dates go as bytes: given a date as a string, the binding would read memory that is not the
 * string; given any type it does not know, it frees pointers it never set.
 */
export function encode({ name, value }: TemplateAttribute): RawAttribute {
  const { type, kind } = ATTRIBUTES[name];
  if (kind === 'boolean' && typeof value === 'boolean') return { type, value };
  if (kind === 'number' && typeof value === 'number') return { type, value };
  if ((kind === 'text' || kind === 'date') && typeof value === 'string') return { type, value: Buffer.from(value) };
  if (kind === 'bytes' && value instanceof Uint8Array) return { type, value: Buffer.from(value) };
  // Requests are checked before; reaching this line is a defect, and it must not reach the binding.
  throw new HostFailure({ code: 'internal', message: `The value of ${name} does not have its type.` });
}

const LITTLE = endianness() === 'LE';

/** The value of an attribute's bytes, or undefined where they do not have its type. */
export function decode(name: AttributeName, bytes: Uint8Array): AttributeValue | undefined {
  switch (ATTRIBUTES[name].kind) {
    case 'boolean':
      return bytes.length === 1 && bytes[0]! <= 1 ? bytes[0] === 1 : undefined;
    case 'number': {
      if (bytes.length !== 8 && bytes.length !== 4) return undefined;
      const digits = LITTLE ? [...bytes].reverse() : [...bytes];
      const value = digits.reduce((n, byte) => n * 256 + byte, 0);
      return Number.isSafeInteger(value) ? value : undefined;
    }
    case 'text':
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch {
        return undefined;
      }
    case 'date': {
      const text = Buffer.from(bytes).toString('latin1');
      return /^\d{8}$/.test(text) ? text : undefined;
    }
    case 'bytes':
      return Uint8Array.from(bytes);
  }
}

/** The device is gone or the object is: a reading that goes on would only collect the same answer. */
const FATAL: ReadonlySet<number> = new Set([...ENDS_LOGIN, 0x02, 0x30, 0x82, 0xb0]);

/**
 * Reads one attribute. Always one by one, because C_GetAttributeValue fails whole when one attribute of several is
 * sensitive or unknown; and never through a typed getter, because those throw on an unset date and misread a set one.
 */
export function readOne(context: Context, session: Handle, object: Handle, name: AttributeName): AttributeReading {
  let bytes: Buffer | undefined;
  try {
    const [answer] = call(context, 'C_GetAttributeValue', () =>
      context.lib.C_GetAttributeValue(session, object, [{ type: ATTRIBUTES[name].type }]),
    );
    bytes = answer?.value;
  } catch (error) {
    if (!(error instanceof HostFailure)) throw error;
    // The binding itself objects to an unset date (length 0), which is an answer, not a failure.
    if (error.rv === null) return { name, status: 'unavailable' };
    if (FATAL.has(error.rv)) throw error;
    const rv = rvName(error.rv);
    if (error.rv === RV.ATTRIBUTE_SENSITIVE) return { name, status: 'sensitive', rv };
    if (error.rv === RV.ATTRIBUTE_TYPE_INVALID) return { name, status: 'invalid-type', rv };
    return { name, status: 'unavailable', rv };
  }
  if (bytes === undefined) return { name, status: 'unavailable' };
  const raw = bytes.toString('hex');
  // CK_UNAVAILABLE_INFORMATION as a value, such as CKA_KEY_GEN_MECHANISM of an imported key.
  if (ATTRIBUTES[name].kind === 'number' && /^(ff)+$/.test(raw)) return { name, status: 'unavailable', raw };
  const value = decode(name, bytes);
  return value === undefined ? { name, status: 'malformed', raw } : { name, status: 'read', raw, value };
}
