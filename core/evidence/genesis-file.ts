/** Reads `genesis.json` as a trust file: canonical, complete, and in agreement with itself. */
import * as v from 'valibot';
import { equal, fromBase64, hex } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { jcsBytes, parseCanonical } from '../json/jcs.ts';
import { parseVkey, type VerifierKey } from '../ledger/note.ts';
import { fail, ok, type Result } from '../result.ts';
import { genesisSchema, type Genesis } from './genesis.ts';

/** What a verifier believes before it opens a bundle. */
export interface Trust {
  readonly genesis: Genesis;
  /** SHA-256 of the file, hex: what the paper sheet shows. */
  readonly sha256: string;
  readonly logKey: VerifierKey;
  /** The operator root certificate, DER. */
  readonly root: Uint8Array;
}

export const genesisBytes = (genesis: Genesis): Uint8Array => jcsBytes(genesis);

/** The schema admits base64 with stray low bits; such text stands for nothing and fails the digest beside it. */
const bytesOf = (text: string): Uint8Array => fromBase64(text) ?? new Uint8Array(0);

/** Reads a trust file. A digest in it that does not belong to what it stands for refuses the whole file. */
export function readGenesis(crypto: Crypto, bytes: Uint8Array): Result<Trust> {
  const refuse = (message: string) => fail({ code: 'bad-input', message });
  const json = parseCanonical(bytes);
  if (!json.ok) return json;
  const parsed = v.safeParse(genesisSchema, json.value);
  if (!parsed.success) {
    const where = v.getDotPath(parsed.issues[0]) ?? 'genesis';
    return refuse(`The file is not a genesis sheet (at ${where}).`);
  }
  const genesis = parsed.output;
  const root = bytesOf(genesis.operatorRoot.certificate);
  if (hex(crypto.sha256(root)) !== genesis.operatorRoot.sha256)
    return refuse('The operator root in the genesis sheet does not have the digest that stands beside it.');
  if (hex(crypto.sha256(jcsBytes(genesis.policy))) !== genesis.policySha256)
    return refuse('The policy in the genesis sheet does not have the digest that stands beside it.');
  const logKey = parseVkey(crypto, genesis.logKey.vkey);
  if (!logKey.ok) return logKey;
  if (logKey.value.name !== genesis.origin || !equal(logKey.value.spki, bytesOf(genesis.logKey.spki)))
    return refuse('The log key in the genesis sheet does not agree with the origin or with its own key.');
  for (const { person, key, spki } of genesis.people)
    if (hex(crypto.sha256(bytesOf(spki))) !== key)
      return refuse(`The key of ${person} in the genesis sheet does not have the fingerprint that stands beside it.`);
  const distinct = (values: readonly string[]): boolean => new Set(values).size === values.length;
  if (!distinct(genesis.people.map(({ person }) => person)) || !distinct(genesis.people.map(({ key }) => key)))
    return refuse('The genesis sheet names a person or a key twice.');
  return ok({ genesis, sha256: hex(crypto.sha256(bytes)), logKey: logKey.value, root });
}
