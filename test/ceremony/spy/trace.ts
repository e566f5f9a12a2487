/**
 * Reads what pkcs11-spy of OpenSC wrote: every PKCS#11 call with its arguments. The trace holds PINs in the clear. Only the
 * fields named here are looked at, a PIN is none of them, and nothing else of the file leaves this function.
 */

export interface Attributes {
  readonly [name: string]: Uint8Array | string;
}

export interface Call {
  /** Counted over the whole file, for messages. */
  readonly at: number;
  readonly name: string;
  /** Milliseconds since 1970; the traced process runs with TZ=UTC. */
  readonly time: number;
  /** Absent where the process ended within the call. */
  readonly rv?: string;
  /** CKU_USER or CKU_SO. */
  readonly user?: string;
  /** What is known of the object that the call is about: from the search that found it, and from what was read of it. */
  readonly object?: Attributes;
  /** Of C_Sign. */
  readonly data?: Uint8Array;
  readonly signature?: Uint8Array;
}

interface Block {
  readonly name: string;
  time: number;
  rv?: string;
  readonly fields: Map<string, string>;
  readonly bytes: Map<string, Uint8Array>;
  readonly templates: Map<string, Record<string, Uint8Array | string>>;
  readonly matches: string[];
}

const FIELD = /^\[(in|out)\] (\*?)(hSession|hKey|hObject|phObject|hPublicKey|hPrivateKey|userType) = (\S+)$/;
const BYTES = /^\[(in|out)\] (pData|pSignature)\[.*\] \S+ \/ (\d+)$/;
const TEMPLATE = /^\[(in|out)\] (pTemplate|pPublicKeyTemplate|pPrivateKeyTemplate)\[\d+\]: *$/;
const ATTRIBUTE = /^ {4}(CK[A-Z]_\w+) +(.*?) *$/;
const DUMP = /^ {4}[0-9A-F]{8} {2}((?:[0-9A-F]{2} ){1,16})/;
const GROUPS = /^ {4}((?:[0-9A-F]{2}){1,4}(?: (?:[0-9A-F]{2}){1,4})*) *$/;

function blocks(text: string): (Block | 'process')[] {
  const out: (Block | 'process')[] = [];
  let block: Block | null = null;
  /** Where the bytes of the following lines belong, and how many there are to be. Null where they are of no interest. */
  let take: { readonly want: number; got: number[]; readonly done: (bytes: Uint8Array) => void } | null = null;
  let template: Record<string, Uint8Array | string> | null = null;
  for (const line of text.split('\n')) {
    if (line.startsWith('Loaded: ')) out.push('process');
    const begin = /^\d+: (C_\w+)$/.exec(line);
    if (begin) {
      block = { name: begin[1]!, time: NaN, fields: new Map(), bytes: new Map(), templates: new Map(), matches: [] };
      out.push(block);
      take = template = null;
      continue;
    }
    if (!block) continue;
    if (Number.isNaN(block.time)) block.time = Date.parse(`${line.replace(' ', 'T')}Z`);
    const more = take && (DUMP.exec(line) ?? GROUPS.exec(line));
    if (take && more) {
      take.got.push(...Buffer.from(more[1]!.replaceAll(' ', ''), 'hex'));
      if (take.got.length >= take.want) {
        take.done(Uint8Array.from(take.got));
        take = null;
      }
      continue;
    }
    const attribute = template && ATTRIBUTE.exec(line);
    if (template && attribute) {
      const [, name, value] = attribute;
      const into = template;
      const length = /^[0-9a-f]{8,16} \/ (\d+)$/.exec(value!)?.[1];
      if (length === undefined) into[name!] = value!;
      else take = { want: Number(length), got: [], done: (bytes) => (into[name!] = bytes) };
      continue;
    }
    if (!line.startsWith('[') && !line.startsWith('Returned') && !line.startsWith('Object ')) continue;
    take = template = null;
    const current: Block = block;
    const field = FIELD.exec(line);
    const bytes = BYTES.exec(line);
    const within = TEMPLATE.exec(line);
    if (field) current.fields.set(field[3]!, field[4]!);
    else if (bytes) {
      take = { want: Number(bytes[3]), got: [], done: (all) => current.bytes.set(bytes[2]!, all) };
    } else if (within) {
      template = {};
      current.templates.set(`${within[1]} ${within[2]}`, template);
    } else if (line.startsWith('Returned: ')) {
      current.rv = line.split(' ').at(-1)!;
      block = null;
    } else {
      const match = /^Object (0x[0-9a-f]+) matches$/.exec(line)?.[1];
      if (match !== undefined) current.matches.push(match);
    }
  }
  return out;
}

/** All calls in order, each with what is known of the object behind its handle. */
export function readTrace(text: string): Call[] {
  let objects = new Map<string, Attributes>();
  let searches = new Map<string, Attributes>();
  let signing = new Map<string, string>();
  const learn = (handle: string | undefined, what: Attributes | undefined): void => {
    if (handle !== undefined && what) objects.set(handle, { ...objects.get(handle), ...what });
  };
  const calls: Call[] = [];
  for (const block of blocks(text)) {
    if (block === 'process') {
      // Handles mean nothing in another process.
      [objects, searches, signing] = [new Map(), new Map(), new Map()];
      continue;
    }
    const { name, fields, bytes, templates, rv } = block;
    const session = fields.get('hSession') ?? '';
    let handle = fields.get('hKey') ?? fields.get('hObject');
    let made: Attributes | undefined;
    if (name === 'C_FindObjectsInit') searches.set(session, templates.get('in pTemplate') ?? {});
    if (name === 'C_FindObjects') for (const found of block.matches) learn(found, searches.get(session));
    if (name === 'C_GetAttributeValue') learn(handle, known(templates.get('out pTemplate')));
    if (name === 'C_CreateObject') learn(fields.get('phObject'), (made = templates.get('in pTemplate')));
    if (name === 'C_GenerateKeyPair') {
      made = templates.get('in pPrivateKeyTemplate');
      learn(fields.get('hPrivateKey'), made);
      learn(fields.get('hPublicKey'), templates.get('in pPublicKeyTemplate'));
    }
    if (name === 'C_SignInit' && handle !== undefined) signing.set(session, handle);
    if (name === 'C_Sign') handle = signing.get(session);
    const object = made ?? (handle === undefined ? undefined : objects.get(handle));
    const [user, data, signature] = [fields.get('userType'), bytes.get('pData'), bytes.get('pSignature')];
    calls.push({
      at: calls.length,
      name,
      time: block.time,
      ...(rv === undefined ? {} : { rv }),
      ...(user === undefined ? {} : { user }),
      ...(object === undefined ? {} : { object }),
      ...(data === undefined ? {} : { data }),
      ...(signature === undefined ? {} : { signature }),
    });
  }
  return calls;
}

/** The first call for a value only asks for its length: it says nothing yet. */
const known = (attributes: Attributes | undefined): Attributes =>
  Object.fromEntries(
    Object.entries(attributes ?? {}).filter(([, value]) => typeof value !== 'string' || !value.includes('/')),
  );
