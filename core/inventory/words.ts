/** A finding as a sentence for people, and what they can do. */
import type { Attribute } from '../ledger/fields.ts';
import { RULES } from '../rules.ts';
import { cureOf, type Drift } from './drift.ts';
import type { ListedClass } from './object.ts';

const CLASS: Readonly<Record<ListedClass, string>> = {
  'private-key': 'private key',
  'public-key': 'public key',
  'secret-key': 'secret key',
  certificate: 'certificate',
  data: 'data object',
  other: 'object',
};

const said = (value: Attribute['value'] | undefined): string =>
  value === undefined ? 'nothing' : typeof value === 'string' ? `“${value}”` : String(value);

const ID = 8;
const short = (hexText: string): string => (hexText.length > ID ? `${hexText.slice(0, ID)}…` : hexText);

const named = (label: string | undefined, { object }: Drift): string => {
  const id = object === '' ? 'without a CKA_ID' : `CKA_ID ${short(object)}`;
  return label === undefined || label === '' ? id : `“${label}”, ${id}`;
};

export interface DriftNames {
  /** The label of the ledger's key that it is about. */
  readonly key?: string | undefined;
  /** The label that the object itself has on the token. */
  readonly object?: string | undefined;
}

/** Where a finding has one label: of the key that it is about, or else of the object. */
export const namesOf = ({ key }: Drift, label: string): DriftNames =>
  key === undefined ? { object: label } : { key: label };

/** What differs, in one sentence. */
export function driftSentence(drift: Drift, names: DriftNames): string {
  const kind = CLASS[drift.class];
  const key = names.key ?? (drift.key === undefined ? '' : short(drift.key));
  switch (drift.id) {
    case 'DRIFT-1':
      return `${drift.name ?? ''} of the ${kind} of ${key} reads ${said(drift.found)} on the HSM. By its state it is ${said(drift.expected)}.`;
    case 'DRIFT-2':
      return `The ${kind} of ${key} is not on the HSM. The ledger says that it is.`;
    case 'DRIFT-3':
      return `The ledger does not have this ${kind} on the HSM: ${named(names.object, drift)}.`;
    case 'DRIFT-4':
      return `${drift.name ?? ''} of the ${kind} of ${key} reads ${said(drift.found)} on the HSM. It was made with ${said(drift.expected)}.`;
    case 'DRIFT-5':
      return `The HSM holds another ${kind} of ${key} than the ledger has: ${named(names.object, drift)}.`;
  }
}

export const driftHint = (drift: Drift): string => RULES[drift.id].hint;

/** What `record-hsm@1` does about it. */
export function recordWords({ id }: Drift): string {
  switch (id) {
    case 'DRIFT-2':
      return 'Record that it is gone: as destroyed where the profile has that way, otherwise as lost';
    case 'DRIFT-3':
    case 'DRIFT-5':
      return 'Acknowledge that it is there';
    case 'DRIFT-1':
    case 'DRIFT-4':
      return 'Accept what it reads';
  }
}

/** What `sync-hsm@1` does about it; null where nothing on the HSM can be done. */
export function cureWords(drift: Drift): string | null {
  const cure = cureOf(drift);
  if (cure === 'set') return `Set ${drift.name ?? ''} of the ${CLASS[drift.class]} to ${said(drift.expected)}`;
  return cure === 'destroy' ? `Destroy the ${CLASS[drift.class]} ${short(drift.object)}` : null;
}
