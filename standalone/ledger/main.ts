/**
 * The ledger's command line: one file, plain Node 20, no packages beside it, no network. It only reads the ledger.
 *
 * Exit code 0: nothing that was checked is wrong. 1: something is. 2: the command or a file could not be used.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fromUtf8, utf8 } from '../../core/bytes.ts';
import { readGenesis } from '../../core/evidence/genesis-file.ts';
import { parseDecimal, parseVkey, type VerifierKey } from '../../core/ledger/note.ts';
import { verifyLedger } from '../../core/ledger/verify-ledger.ts';
import { renderReport } from '../../core/ledger/report.ts';
import type { Failure } from '../../core/result.ts';
import { nodeCrypto as crypto } from '../crypto.ts';
import { exportJsonLines } from './export.ts';
import { ledgerAt } from './files.ts';
import { print, readSmall, runTool, Unusable } from '../unusable.ts';
import { readReceipt } from '../../core/ledger/receipt.ts';
import { proveConsistency, proveEntry } from './prove.ts';

const USAGE = `Read and verify a sealed ledger of Conclave.

  verify DIR [--trust genesis.json | --key VKEY] [--cosigner VKEY ...] [--receipt FILE ...] [--before DIR] [--json]
  proof DIR SEQ [--out FILE]            that entry SEQ is under the newest checkpoint (C2SP tlog-proof)
  proof DIR OLD NEW [--out FILE]        that the checkpoint of NEW entries begins with the first OLD
  export DIR --jsonl [--disclose]       one JSON line an entry; --disclose adds names and free text

  --trust FILE     the genesis sheet of the vault, obtained by another way than the ledger
  --key VKEY       the key of the log as a C2SP verifier key, or a file that holds it
  --cosigner VKEY  the key of a person or witness who cosigns; may be repeated
  --before DIR     the ledger that this one goes on from, after its log key or token was replaced
  --receipt FILE   a receipt or a checkpoint note given out earlier, cosigned or not; may be repeated

Exit code: 0 nothing that was checked is wrong, 1 something is, 2 nothing could be done.
`;

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        trust: { type: 'string' },
        key: { type: 'string' },
        cosigner: { type: 'string', multiple: true, default: [] },
        before: { type: 'string' },
        receipt: { type: 'string', multiple: true, default: [] },
        json: { type: 'boolean', default: false },
        jsonl: { type: 'boolean', default: false },
        disclose: { type: 'boolean', default: false },
        out: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new Unusable((error as Error).message);
  }
}

type Options = ReturnType<typeof readArguments>['values'];

function keyFrom(text: string): VerifierKey {
  const vkey = text.includes('+') ? text : (fromUtf8(readSmall(text, 4096)) ?? '').trimEnd();
  const key = parseVkey(crypto, vkey);
  if (!key.ok) throw new Unusable(`${text}: ${key.error.message}`);
  return key.value;
}

function logKeyFrom({ key, trust }: Options): VerifierKey | undefined {
  if (key !== undefined && trust !== undefined) throw new Unusable('Give either --key or --trust.');
  if (key !== undefined) return keyFrom(key);
  if (trust === undefined) return undefined;
  const genesis = readGenesis(crypto, readSmall(trust));
  if (!genesis.ok) throw new Unusable(`${trust}: ${genesis.error.message}`);
  return genesis.value.logKey;
}

function numberFrom(text: string): number {
  const number = parseDecimal(text);
  if (number === null) throw new Unusable(`${text} is not a number of entries.`);
  return number;
}

function refused({ policy, message, hint }: Failure): number {
  const id = policy === undefined ? '' : ` [${policy}]`;
  process.stderr.write(`${message}${id}\n${hint ?? 'Run verify: it says what that means and what to do.'}\n`);
  return 1;
}

async function verify(dir: string, options: Options): Promise<number> {
  const logKey = logKeyFrom(options);
  const receipts = options.receipt.map((path) => readReceipt(path, readSmall(path)));
  const cosigners = options.cosigner.map(keyFrom);
  const report = await verifyLedger(crypto, ledgerAt(dir), {
    receipts,
    cosigners,
    ...(logKey === undefined ? {} : { logKey }),
    ...(options.before === undefined ? {} : { before: ledgerAt(options.before) }),
  });
  await print(options.json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
  return report.passed ? 0 : 1;
}

async function proof(dir: string, numbers: readonly string[], { out }: Options): Promise<number> {
  const [first = 0, second] = numbers.map(numberFrom);
  if (numbers.length < 1 || numbers.length > 2) throw new Unusable('Name one entry, or an old and a new size.');
  const file = second === undefined ? proveEntry(crypto, dir, first) : proveConsistency(crypto, dir, first, second);
  if (!file.ok) return refused(file.error);
  if (out === undefined) await print(file.value);
  else writeFileSync(out, utf8(file.value), { flag: 'wx' });
  return 0;
}

async function exportEntries(dir: string, { jsonl, disclose }: Options): Promise<number> {
  if (!jsonl) throw new Unusable('Say in which form: --jsonl is the one there is.');
  const { entries, failure } = await exportJsonLines(crypto, dir, process.stdout, disclose);
  await print('');
  process.stderr.write(`${entries} entries were written.\n`);
  return failure === null ? 0 : refused(failure);
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments(process.argv.slice(2));
  const [command, dir, ...rest] = positionals;
  if (values.help) {
    await print(USAGE);
    return 0;
  }
  if (command === undefined || dir === undefined) throw new Unusable('Name a command and the folder of a ledger.');
  if (command === 'proof') return proof(dir, rest, values);
  if (rest.length > 0) throw new Unusable(`${rest.join(' ')} is one thing too many.`);
  if (command === 'verify') return verify(dir, values);
  if (command === 'export') return exportEntries(dir, values);
  throw new Unusable(`There is no command ${command}.`);
}

runTool(main, USAGE);
