/** People with real Ed25519 keys of their own, for tests of decisions. */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { base64 } from '../../../core/bytes.ts';
import type { Person, Role } from '../../../core/people/person.ts';

const NAMES: Readonly<Record<string, string>> = {
  'administrator-1': 'Ada Brandt',
  'custodian-1': 'Ben Costa',
  'custodian-2': 'Chloé Dubois',
  'custodian-3': 'Dmitri Egorov',
  'custodian-4': 'Esra Fidan',
  'witness-1': 'Femke Groen',
  'auditor-1': 'Goran Horvat',
};

export interface Member extends Person {
  readonly privateKey: KeyObject;
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Keys are made once for each name and label; making them is the slow part. */
const MADE = new Map<string, Member>();

/** A person with a key of their own. Another `key` gives the same person another key. */
export function member(person: string, key = 'first', name = NAMES[person] ?? person): Member {
  const known = MADE.get(`${person} ${key} ${name}`);
  if (known) return known;
  const pair = generateKeyPairSync('ed25519');
  const spki = pair.publicKey.export({ format: 'der', type: 'spki' });
  const made: Member = {
    person,
    role: person.slice(0, person.lastIndexOf('-')) as Role,
    name,
    credential: 'key-file',
    key: sha256(spki),
    spki: base64(spki),
    privateKey: pair.privateKey,
  };
  MADE.set(`${person} ${key} ${name}`, made);
  return made;
}
