/**
 * The off-host witness: one file, plain Node 20, no packages beside it, no network. It watches one ledger by requests
 * and answers on removable media, keeps the last head that it cosigned, and refuses a head that does not continue it.
 *
 * Exit code 0: done. 1: the request was refused. 2: the command or a file could not be used.
 */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fromUtf8, hex, utf8 } from '../../core/bytes.ts';
import { digestRows } from '../../core/digest/words.ts';
import { readGenesis } from '../../core/evidence/genesis-file.ts';
import { cosignerName, withLines } from '../../core/ledger/cosigner.ts';
import { formatVkey, isKeyName, parseVkey, verifierKey, type VerifierKey } from '../../core/ledger/note.ts';
import { parseConsistencyFile } from '../../core/ledger/proof.ts';
import { answerRequest } from '../../core/ledger/witness.ts';
import { printable } from '../../core/terminal.ts';
import { nodeCrypto as crypto } from '../crypto.ts';
import { print, readSmall, runTool, Unusable } from '../unusable.ts';
import { makeKey, publicKeyOf, signWith } from './key.ts';
import { readPassphrase } from './passphrase.ts';
import { alone, readState, writeDurably, writeState, type WitnessState } from './state.ts';

const USAGE = `Witness the sealed ledger of a Conclave vault, away from its workstation.

  init DIR --trust genesis.json --person witness-1 --key-file FILE.age
  init DIR (--trust genesis.json | --log VKEY) --name NAME
  answer DIR REQUEST [--out FILE]      judge a request; cosign it where it continues the last head
  show DIR                             who this witness is, and its last head in words

  DIR              the folder of this witness; its last head is kept there
  --trust FILE     the genesis sheet of the vault, obtained by another way than the request
  --log VKEY       the key of the log as a C2SP verifier key
  --person ID      be this person of the vault, with the key file that the person enrolled
  --key-file FILE  a key file of Conclave; without it a new key is made in DIR
  --name NAME      the name of this witness in its signatures, such as witness.example/w1

The passphrase is asked for, or read from standard input. The application takes the answer of an enrolled person.
Every head that was cosigned is also kept in DIR as a receipt.

Exit code: 0 done, 1 the request was refused, 2 nothing could be done.
`;

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        trust: { type: 'string' },
        log: { type: 'string' },
        person: { type: 'string' },
        name: { type: 'string' },
        'key-file': { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Unusable((error as Error).message);
  }
}

type Options = ReturnType<typeof readArguments>['values'];

function logKeyOf({ trust, log }: Options): VerifierKey {
  if ((trust === undefined) === (log === undefined)) throw new Unusable('Give either --trust or --log.');
  if (log !== undefined) {
    const key = parseVkey(crypto, log);
    if (!key.ok) throw new Unusable(`${log}: ${key.error.message}`);
    return key.value;
  }
  const genesis = readGenesis(crypto, readSmall(trust!));
  if (!genesis.ok) throw new Unusable(`${trust!}: ${genesis.error.message}`);
  return genesis.value.logKey;
}

/** The key that a person of the vault enrolled, as the genesis sheet has it (hex of the SubjectPublicKeyInfo's digest). */
function enrolledKey({ trust, person }: Options): string {
  const genesis = trust === undefined ? null : readGenesis(crypto, readSmall(trust));
  if (!genesis?.ok) throw new Unusable('With --person, give the genesis sheet: it names the key of the person.');
  const found = genesis.value.genesis.people.find((one) => one.person === person);
  if (!found) throw new Unusable(`The genesis sheet has no ${person!}.`);
  return found.key;
}

async function init(dir: string, options: Options): Promise<number> {
  const logKey = logKeyOf(options);
  const { person, name: given, 'key-file': file } = options;
  if ((person === undefined) === (given === undefined)) throw new Unusable('Give either --person or --name.');
  if (person !== undefined && file === undefined)
    throw new Unusable('With --person, give the --key-file of the person.');
  const name = given ?? cosignerName(logKey.name, person!);
  if (!isKeyName(name)) throw new Unusable(`${name} cannot name a key: it has a space, a plus or a control character.`);
  return alone(dir, async () => {
    const keyFile = resolve(file ?? join(dir, 'witness.age'));
    const spki =
      file === undefined
        ? await makeKey(crypto, keyFile, name, await readPassphrase('Passphrase for the new key'))
        : publicKeyOf(crypto, keyFile);
    if (person !== undefined && enrolledKey(options) !== hex(crypto.sha256(spki)))
      throw new Unusable(`${keyFile} is not the key that ${person} enrolled.`);
    const witnessKey = verifierKey(crypto, name, 'cosignature', spki);
    writeState(dir, { witnessKey, logKey, keyFile, last: null }, true);
    await print(describe({ witnessKey, logKey, keyFile, last: null }));
    return 0;
  });
}

async function answer(dir: string, path: string, options: Options): Promise<number> {
  readState(crypto, dir);
  return alone(dir, async () => {
    const state = readState(crypto, dir);
    const { witnessKey, logKey, last } = state;
    const request = readSmall(path);
    const now = new Date();
    const judged = await answerRequest(crypto, request, {
      logKey,
      witnessKey,
      last,
      time: Math.floor(now.getTime() / 1000),
    });
    if (!judged.ok) {
      const { policy, message, hint } = judged.error;
      process.stderr.write(`${printable(message)} [${policy!}]\nNothing was cosigned. ${hint!}\n`);
      return 1;
    }
    const { head, cosigning } = judged.value;
    process.stderr.write(`${last === null ? 'The first head of this witness' : 'It continues the last head'}.\n`);
    process.stderr.write(headWords(head.size, head.root));
    const keyFile = options['key-file'] ?? state.keyFile;
    const passphrase = await readPassphrase(`Passphrase of ${keyFile}`);
    const line = cosigning.line(await signWith(keyFile, witnessKey.spki, passphrase, cosigning.payload));
    // Kept before anybody can have the signature: after a crash in between, the witness remembers and nobody else knows.
    writeState(dir, { ...state, last: { ...head, time: now.toISOString() } });
    keepReceipt(dir, head.size, withLines(noteOf(request), [line]));
    if (options.out === undefined) await print(line);
    else writeDurably(options.out, utf8(line));
    return 0;
  });
}

/** The cosigned note is the receipt of the witness. One that is there already from an earlier cosignature is left. */
function keepReceipt(dir: string, size: number, note: string): void {
  try {
    writeDurably(join(dir, `head-${size}.note`), utf8(note));
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
  }
}

function noteOf(request: Uint8Array): string {
  const file = parseConsistencyFile(request);
  return file.ok ? file.value.checkpoint : (fromUtf8(request) ?? '');
}

const headWords = (size: number, root: Uint8Array): string =>
  [
    `Entries   ${size}`,
    ...digestRows(hex(root)).map(
      ({ row, groups }) =>
        `Root ${row}    ${groups.map((group) => `${group.hex} ${group.words.join(' ')}`).join('   ')}`,
    ),
    '',
  ].join('\n');

const describe = ({ witnessKey, logKey, keyFile, last }: WitnessState): string =>
  [
    `Witness   ${printable(formatVkey(witnessKey))}`,
    `Key file  ${printable(keyFile)}`,
    `Log       ${printable(formatVkey(logKey))}`,
    ...(last === null
      ? ['It has cosigned no head yet.', '']
      : [`Last head, cosigned ${last.time}:`, headWords(last.size, last.root)]),
  ].join('\n');

async function main(): Promise<number> {
  const { values, positionals } = readArguments(process.argv.slice(2));
  const [command, dir, ...rest] = positionals;
  if (values.help) {
    await print(USAGE);
    return 0;
  }
  if (command === undefined || dir === undefined) throw new Unusable('Name a command and the folder of the witness.');
  const [file, ...more] = rest;
  if (command === 'answer' && file !== undefined && more.length === 0) return answer(dir, file, values);
  if (rest.length > 0) throw new Unusable(`${rest.join(' ')} is one thing too many.`);
  if (command === 'init') return init(dir, values);
  if (command === 'answer') throw new Unusable('Name the request to answer.');
  if (command !== 'show') throw new Unusable(`There is no command ${command}.`);
  await print(describe(readState(crypto, dir)));
  return 0;
}

runTool(main, USAGE);
