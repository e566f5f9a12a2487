/**
 * The calls of a trace against a ledger on disk, both ways. Written from the ledger's published format and PKCS#11 alone:
 * it shares no code with what it checks.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Attributes, Call } from './trace.ts';

interface Data {
  readonly act?: string;
  readonly intent?: string;
  readonly outcome?: string;
  readonly key?: string;
  readonly digest?: string;
  readonly blobs?: readonly string[];
  readonly error?: { readonly call: string; readonly rv: string };
}

interface Entry {
  readonly hash: string;
  readonly seq: number;
  readonly type: string;
  readonly time: number;
  readonly data: Data;
}

export interface Ledger {
  readonly entries: readonly Entry[];
  /** Signed notes by the number of entries they cover, smallest first. */
  readonly heads: readonly (readonly [size: number, note: string])[];
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export function readLedger(folder: string): Ledger {
  const lines = readFileSync(join(folder, 'journal.jsonl'), 'utf8').trimEnd().split('\n');
  const heads = readdirSync(join(folder, 'checkpoints'))
    .map((name) => [Number(name.split('.')[0]), readFileSync(join(folder, 'checkpoints', name), 'utf8')] as const)
    .sort(([a], [b]) => a - b);
  const blobs = readdirSync(join(folder, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => [file.name, new Uint8Array(readFileSync(join(file.parentPath, file.name)))] as const);
  return {
    entries: lines.map((line) => {
      const { seq, type, data, clock } = JSON.parse(line.slice(65)) as Entry & { clock: { wall: string } };
      return { hash: line.slice(0, 64), seq, type, data, time: Date.parse(clock.wall) };
    }),
    heads,
    blobs: new Map(blobs),
  };
}

/** Functions that neither change the token nor use a key. Whatever is not named here has to have its entry. */
export const LOOKS: ReadonlySet<string> = new Set(
  (
    'C_GetInterface C_GetInterfaceList C_GetFunctionList C_Initialize C_Finalize C_GetInfo C_GetSlotList C_GetSlotInfo ' +
    'C_GetTokenInfo C_GetMechanismList C_GetMechanismInfo C_OpenSession C_CloseSession C_CloseAllSessions ' +
    'C_GetSessionInfo C_Logout C_FindObjectsInit C_FindObjects C_FindObjectsFinal C_GetAttributeValue'
  ).split(' '),
);

const text = (bytes: Uint8Array | string | undefined): string =>
  bytes === undefined ? '' : typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8');
const hexOf = (bytes: Uint8Array | string | undefined): string =>
  bytes instanceof Uint8Array ? Buffer.from(bytes).toString('hex') : '';
const hash = (algorithm: string, ...parts: Uint8Array[]): Buffer =>
  createHash(algorithm).update(Buffer.concat(parts)).digest();

const idOf = ({ object }: Call): string => hexOf(object?.['CKA_ID']);
const labelled = (object: Attributes | undefined, label: string): boolean => text(object?.['CKA_LABEL']) === label;

/** RFC 6962 section 2.1. */
function root(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 1) return Buffer.from(leaves[0]!);
  let half = 1;
  while (half * 2 < leaves.length) half *= 2;
  return hash('sha256', Uint8Array.of(1), root(leaves.slice(0, half)), root(leaves.slice(half)));
}

/** The first element of a DER SEQUENCE: what is signed of a certificate (RFC 5280) or a request (RFC 2986). */
function firstOf(der: Uint8Array): Uint8Array {
  const header = (at: number): [start: number, end: number] => {
    const length = der[at + 1]!;
    if (length < 0x80) return [at + 2, at + 2 + length];
    const bytes = length & 0x7f;
    let n = 0;
    for (let i = 0; i < bytes; i++) n = n * 256 + der[at + 2 + i]!;
    return [at + 2 + bytes, at + 2 + bytes + n];
  };
  const [inner] = header(0);
  return der.slice(inner, header(inner)[1]);
}

/** The note's text, and the 64 bytes of its Ed25519 signature where it has one of that length. */
function parts(note: string): { text: string; signature: string | null } {
  const end = note.indexOf('\n\n') + 1;
  const raw = Buffer.from(note.slice(end).trim().split(' ').at(-1)!, 'base64').subarray(4);
  return { text: note.slice(0, end), signature: raw.length === 64 ? raw.toString('hex') : null };
}

/** What does not match, in words; empty where the trace and the ledger say the same. */
export function mismatches(trace: readonly Call[], { entries, heads, blobs }: Ledger): string[] {
  const wrong: string[] = [];
  const open = trace.filter(({ name }) => !LOOKS.has(name));
  /** Takes the first call of that name that fits, out of those that have no entry yet. */
  const take = (name: string, fits: (call: Call) => boolean): Call | undefined => {
    const at = open.findIndex((call) => call.name === name && fits(call));
    return at < 0 ? undefined : open.splice(at, 1)[0];
  };
  const signature = (fits: (call: Call) => boolean): Call | undefined => {
    const made = take('C_Sign', fits);
    if (made && !take('C_SignInit', ({ at }) => at === made.at - 1)) wrong.push(`C_Sign ${made.at} without C_SignInit`);
    return made;
  };
  const outcomeOf = new Map(entries.flatMap((one) => (one.data.intent === undefined ? [] : [[one.data.intent, one]])));
  const keyOf = (act: string): string => {
    const made = entries.find(({ type, data }) => type === 'act.intent' && data.act === act);
    return made?.hash.slice(0, 40) ?? 'none';
  };

  // Heads: signed, created and, but for the last, destroyed, each exactly once.
  const origin = parts(heads[0]![1]).text.split('\n')[0]!;
  const isHead = ({ object }: Call): boolean => labelled(object, 'conclave-head');
  heads.forEach(([size, note], i) => {
    const { text: signed, signature: made } = parts(note);
    const after = entries[size - 1]!.time;
    const call = signature(
      (one) =>
        idOf(one) === keyOf('log-key.generate') &&
        (text(one.data) === signed || hexOf(one.data) === hash('sha256', Buffer.from(signed)).toString('hex')) &&
        (made === null || hexOf(one.signature) === made) &&
        one.time >= after,
    );
    if (!call) wrong.push(`the head of ${size} entries was not signed`);
    const is = (one: Call) => isHead(one) && text(one.object?.['CKA_VALUE']) === note;
    if (!take('C_CreateObject', is)) wrong.push(`the head of ${size} entries was not put on the token`);
    if (i < heads.length - 1 && !take('C_DestroyObject', is))
      wrong.push(`the head of ${size} entries was not taken off the token`);
  });

  for (const entry of entries) {
    const { type, seq, data } = entry;
    const missing = (what: string) => wrong.push(`entry ${seq} (${type} ${data.act ?? ''}) without ${what}`);
    if (type === 'session.opened') {
      const login = take(
        'C_Login',
        ({ user, rv, time }) => user === 'CKU_USER' && rv === 'CKR_OK' && time <= entry.time,
      );
      if (!login) missing('C_Login');
    }
    if (type === 'session.refused' && data.error!.rv !== '') {
      if (!take('C_Login', ({ user, rv }) => user === 'CKU_USER' && rv === data.error!.rv)) missing('C_Login');
    }
    if (type !== 'act.intent') continue;
    const outcome = outcomeOf.get(entry.hash);
    const whole = outcome?.type === 'act.result' && outcome.data.outcome === 'committed';
    const within = ({ time }: Call): boolean => entry.time <= time && time <= (outcome?.time ?? Infinity);
    const need = (name: string, times: number, fits: (call: Call) => boolean): void => {
      for (let i = 0; i < times; i++) {
        const found =
          name === 'C_Sign'
            ? signature((one) => within(one) && fits(one))
            : take(name, (one) => within(one) && fits(one));
        if (!found && whole) missing(name);
      }
    };
    const all = (name: string, fits: (call: Call) => boolean): void => {
      while (
        name === 'C_Sign' ? signature((one) => within(one) && fits(one)) : take(name, (one) => within(one) && fits(one))
      );
    };
    const messages = (outcome?.data.blobs ?? []).map((name) => blobs.get(name)!);
    const signs = (key: string, of: (blob: Uint8Array) => Uint8Array) => (one: Call) => {
      if (idOf(one) !== key) return false;
      if (hexOf(one.data) === data.digest) return true;
      const message = messages.map(of).find((bytes) => hash('sha256', bytes).toString('hex') === data.digest);
      return ['sha256', 'sha384'].some((name) => message && hexOf(one.data) === hash(name, message).toString('hex'));
    };
    const onKey = (one: Call) => idOf(one) === data.key;
    switch (data.act) {
      case 'token.initialize':
        need('C_InitToken', 1, () => true);
        need('C_Login', 1, ({ user }) => user === 'CKU_SO');
        need('C_InitPIN', 1, () => true);
        break;
      case 'token.probe':
        all('C_GenerateKeyPair', ({ object }) => object?.['CKA_TOKEN'] === 'False');
        all('C_Sign', ({ object }) => object?.['CKA_TOKEN'] === 'False');
        all('C_CreateObject', ({ object }) => labelled(object, 'conclave-probe'));
        all('C_DestroyObject', ({ object }) => labelled(object, 'conclave-probe'));
        break;
      case 'log-key.generate':
      case 'attestation-key.generate':
      case 'operator-root.generate':
      case 'key.generate':
        need(
          'C_GenerateKeyPair',
          1,
          (one) => idOf(one) === entry.hash.slice(0, 40) && one.object?.['CKA_TOKEN'] === 'True',
        );
        break;
      case 'operator-root.sign':
        need('C_Sign', 1, signs(keyOf('operator-root.generate'), firstOf));
        break;
      case 'key.certify-request':
        need('C_SetAttributeValue', 2, onKey);
        need('C_Sign', 1, signs(data.key!, firstOf));
        break;
      case 'key.activate':
        need('C_SetAttributeValue', 2, onKey);
        break;
      case 'key.test-signature':
        need(
          'C_Sign',
          1,
          signs(data.key!, (blob) => blob),
        );
        break;
      case 'statement.sign':
        need(
          'C_Sign',
          1,
          signs(keyOf('attestation-key.generate'), (blob) => blob),
        );
        break;
      default:
        wrong.push(`entry ${seq} names an act that is not known here`);
    }
  }

  // A head that was signed when the host was lost has no checkpoint. It has to be a true head, and a loss has to follow.
  const leaves = entries.map((entry) => new Uint8Array(Buffer.from(entry.hash, 'hex')));
  for (;;) {
    const lost = signature((one) => {
      const [name, size, head] = text(one.data).split('\n');
      const n = Number(size);
      return (
        name === origin &&
        head === root(leaves.slice(0, n)).toString('base64') &&
        entries.some(({ type, seq }) => type === 'hsm.lost' && seq >= n && seq <= n + 1)
      );
    });
    if (!lost) break;
  }
  for (const { name, at } of open) wrong.push(`${name}, call ${at} of the trace, has no entry`);
  return wrong;
}
