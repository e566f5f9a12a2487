/**
 * Where a person's card is: a file on their medium with the card's library, its label and serial number, and the CKA_ID
 * of the key. Nothing in it is secret, and nothing rests on it: the card has to show the enrolled key before it signs.
 */
import { join } from 'node:path';
import * as v from 'valibot';
import { fromUtf8 } from '../../core/bytes.ts';
import { jcsBytes } from '../../core/json/jcs.ts';
import { ok, type Result } from '../../core/result.ts';
import type { CardCredential } from './credential.ts';
import { refuse } from './failure.ts';
import { writeNew } from './host/write-new.ts';
import { readMediumFile } from './media.ts';

const NAME = 'card.json';
const MAX_BYTES = 8_192;

const text = v.pipe(v.string(), v.maxLength(64));

const schema = v.strictObject({
  v: v.literal(1),
  kind: v.literal('card'),
  library: v.pipe(v.string(), v.startsWith('/'), v.maxLength(4096)),
  token: v.strictObject({ label: text, serial: text }),
  ckaId: v.pipe(v.string(), v.regex(/^([0-9a-f]{2}){1,255}$/)),
});

export const writeCardFile = (folder: string, card: CardCredential): Promise<Result<{ readonly path: string }>> =>
  writeNew(folder, NAME, jcsBytes({ v: 1, ...card }), 'file of a card');

export async function readCardFile(folder: string): Promise<Result<CardCredential>> {
  const bytes = await readMediumFile(join(folder, NAME), MAX_BYTES, 'file that says where the card is');
  if (!bytes.ok) return bytes;
  try {
    const { v: _, ...card } = v.parse(schema, JSON.parse(fromUtf8(bytes.value) ?? ''));
    return ok(card);
  } catch {
    return refuse('CRED-2', 'The file that says where the card is does not say it.', 'Use the medium of this person.');
  }
}
