/**
 * The command line verifier: one file, plain Node 20, no packages beside it, no network.
 *
 *   verify FILE --trust genesis.json [--root-fingerprint HEX] [--expect production|rehearsal] [--json]
 *
 * Exit code 0: every required check passed. 1: at least one did not. 2: the command or a file could not be used, and
 * nothing was verified.
 */
import { openSync, closeSync, fstatSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { renderJson, renderText } from '../../core/evidence/verify/render.ts';
import { verifyBundle } from '../../core/evidence/verify/verify-bundle.ts';
import { MAX_BYTES } from '../../core/evidence/zip.ts';
import { nodeCrypto } from '../crypto.ts';

const USAGE = `Verify an attestation bundle of Conclave.

  verify FILE --trust genesis.json [--expect production|rehearsal] [--json]
  verify FILE --root-fingerprint HEX [--expect production|rehearsal] [--json]

  --trust FILE             the genesis sheet of the vault, obtained by another way than the bundle
  --root-fingerprint HEX   SHA-256 of the operator root; alone it leaves quorum and log unchecked
  --expect KIND            production (the default) or rehearsal
  --json                   the report for machines

Exit code: 0 every required check passed, 1 not, 2 nothing could be verified.
`;

class Unusable extends Error {}

function readFile(path: string): Uint8Array {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Unusable(`${path} is not a file.`);
    if (stat.size > MAX_BYTES) throw new Unusable(`${path} is larger than 50 MB.`);
    return new Uint8Array(readFileSync(file));
  } catch (error) {
    if (error instanceof Unusable) throw error;
    throw new Unusable(`${path} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readArguments(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        trust: { type: 'string' },
        'root-fingerprint': { type: 'string' },
        expect: { type: 'string', default: 'production' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const [file, ...more] = positionals;
    const { expect } = values;
    if (values.help) return null;
    if (file === undefined || more.length > 0) throw new Unusable('Name exactly one bundle.');
    if (expect !== 'production' && expect !== 'rehearsal')
      throw new Unusable('--expect is either production or rehearsal.');
    return { ...values, file, expect } as const;
  } catch (error) {
    throw error instanceof Unusable ? error : new Unusable((error as Error).message);
  }
}

async function main(): Promise<number> {
  const options = readArguments(process.argv.slice(2));
  if (!options) {
    process.stdout.write(USAGE);
    return 0;
  }
  const archive = readFile(options.file);
  // Paper prints fingerprints in groups and in either case.
  const fingerprint = options['root-fingerprint']?.replace(/[\s:]/g, '').toLowerCase();
  const report = await verifyBundle(nodeCrypto, archive, {
    expect: options.expect,
    now: new Date().toISOString(),
    ...(options.trust === undefined ? {} : { trust: readFile(options.trust) }),
    ...(fingerprint === undefined ? {} : { rootFingerprint: fingerprint }),
  });
  if (!report.ok) throw new Unusable(report.error.message);
  process.stdout.write(options.json ? renderJson(report.value) : renderText(report.value));
  return report.value.passed ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const message = error instanceof Unusable ? error.message : `A defect of the verifier: ${String(error)}`;
    process.stderr.write(`${message}\n\n${error instanceof Unusable ? USAGE : ''}`);
    process.exitCode = 2;
  },
);
