/** Every kind of key and both initial states, read back by tools of others. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { unzip, type Files } from '../evidence/mutator/zip.ts';
import { Bench, must, mustFail, prepare, type Prepared } from './bench.ts';
import { attributesIn, keysNamed, objectFiles, pkcs11Tool } from './token.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

let prepared: Prepared;
let scratch: string;
beforeAll(async () => {
  prepared = await prepare();
  scratch = mkdtempSync(join(tmpdir(), 'conclave-kinds-'));
});
afterAll(() => {
  rmSync(prepared.root, { recursive: true });
  rmSync(scratch, { recursive: true });
});

/** What a signature key of this state must be on the token, attribute by attribute: PKCS#11 v2.40, sections 4.8 and 4.9. */
const expected = (active: boolean) => {
  const common = {
    CKA_TOKEN: 'TRUE',
    CKA_PRIVATE: 'TRUE',
    CKA_MODIFIABLE: 'TRUE',
    CKA_DESTROYABLE: 'TRUE',
    CKA_COPYABLE: 'FALSE',
    CKA_LOCAL: 'TRUE',
  };
  const sign = active ? 'TRUE' : 'FALSE';
  return {
    CKO_PRIVATE_KEY: {
      ...common,
      CKA_SENSITIVE: 'TRUE',
      CKA_ALWAYS_SENSITIVE: 'TRUE',
      CKA_EXTRACTABLE: 'FALSE',
      CKA_NEVER_EXTRACTABLE: 'TRUE',
      CKA_SIGN: sign,
      CKA_SIGN_RECOVER: 'FALSE',
      CKA_DECRYPT: 'FALSE',
      CKA_UNWRAP: 'FALSE',
      CKA_DERIVE: 'FALSE',
    },
    CKO_PUBLIC_KEY: {
      ...common,
      CKA_VERIFY: sign,
      CKA_VERIFY_RECOVER: 'FALSE',
      CKA_ENCRYPT: 'FALSE',
      CKA_WRAP: 'FALSE',
      CKA_DERIVE: 'FALSE',
    },
  };
};

const KINDS = ['ec-p256', 'ec-p384', 'rsa-3072', 'rsa-4096'] as const;
/** Kinds that differ in how they sign and in nothing else; the others begin and end in each state. */
const SIGNED_OTHERWISE = ['ec-p521', 'ed25519', 'rsa-2048'] as const;
const CASES = [
  ...KINDS.flatMap((mechanism) => (['pre-active', 'active'] as const).map((state) => ({ mechanism, state }))),
  ...SIGNED_OTHERWISE.map((mechanism) => ({ mechanism, state: 'active' as const })),
];

/** The mechanism by which another program asks for a signature. CKM_ECDSA signs a digest, the others the data. */
const ASKED = (mechanism: string): string =>
  mechanism.startsWith('rsa') ? 'SHA256-RSA-PKCS' : mechanism === 'ed25519' ? 'EDDSA' : 'ECDSA';

const DIGESTS: Readonly<Record<string, string>> = { 'ec-p384': '-sha384', 'ec-p521': '-sha512' };

/** The preset for certification authorities is the one that lets a key of 2048 bits sign. */
async function ofAuthority(): Promise<Bench> {
  const bench = await Bench.start();
  await bench.setUp(false, 'nist-sp800-57@r5', 'ca-browser-forum');
  return bench;
}

describe.each(CASES)('a key $mechanism that ends $state', ({ mechanism, state }) => {
  const active = state === 'active';
  const label = 'TEST-KEY-1';
  let bench: Bench;
  let made: string[];
  let bundle: Files;
  /** A file of the bundle, written out for a tool. */
  const file = (name: RegExp): string => {
    const found = [...bundle.keys()].find((one) => name.test(one));
    if (found === undefined) throw new Error(`the bundle has no ${name.source}: ${[...bundle.keys()].join(' ')}`);
    const path = join(scratch, `${mechanism}-${state}-${found.replaceAll('/', '_')}`);
    writeFileSync(path, bundle.get(found)!);
    return path;
  };

  beforeAll(async () => {
    bench = mechanism === 'rsa-2048' ? await ofAuthority() : await Bench.over(prepared);
    const before = objectFiles(bench);
    must(await bench.freeze({ mechanism, initialState: state }));
    await bench.runTo();
    made = objectFiles(bench).filter((path) => !before.includes(path));
    bundle = unzip(readFileSync(bench.view.ceremony!.bundle!.path));
  }, 180_000);
  afterAll(() => bench.close());

  test('has on the token exactly the attributes of its state', () => {
    const all = made.map(attributesIn);
    // Besides the two halves, the newest head of the ledger.
    expect(all.filter((one) => one['CKA_CLASS'] === 'CKO_DATA')).toHaveLength(1);
    const read = all.filter((one) => one['CKA_CLASS'] !== 'CKO_DATA');
    expect(read).toHaveLength(2);
    for (const [objectClass, attributes] of Object.entries(expected(active))) {
      expect(read.find((one) => one['CKA_CLASS'] === objectClass)).toMatchObject(attributes);
    }
    const usage = keysNamed(bench, label).map(({ kind, usage: what }) => `${kind} ${what}`);
    expect(usage.sort()).toEqual(active ? ['private sign', 'public verify'] : ['private none', 'public none']);
  });

  test('has a bundle that verifies, and a script with activation only where it is asked for', async () => {
    const report = await bench.report();
    expect(
      report.checks.filter(({ result, required }) => result === 'FAIL' || (required && result !== 'PASS')),
    ).toEqual([]);
    expect(bench.view.ceremony!.steps.some(({ id }) => id === 'activate')).toBe(active);
    expect(bench.keys).toMatchObject([{ label, privateState: state, publicState: state }]);
    expect(bench.outcomes('key.activate')).toEqual(active ? ['act.result committed'] : []);
  });

  test('made a certificate request that OpenSSL verifies and that has the exported key', () => {
    const request = file(/^key\/.*(csr|request)/);
    const form = readFileSync(request)[0] === 0x30 ? 'DER' : 'PEM';
    const checked = spawnSync('openssl', ['req', '-inform', form, '-in', request, '-verify', '-noout'], {
      encoding: 'utf8',
    });
    expect(`${checked.stdout}${checked.stderr}`).toMatch(/verify OK/i);
    const inRequest = execFileSync('openssl', ['req', '-inform', form, '-in', request, '-noout', '-pubkey'], {
      encoding: 'utf8',
    });
    const { id } = keysNamed(bench, label)[0]!;
    const exported = execFileSync('openssl', ['pkey', '-pubin', '-in', file(/^key\/public\.spki\.pem$/), '-pubout'], {
      encoding: 'utf8',
    });
    expect(inRequest).toBe(exported);
    // OpenSC reads the public key from the token by itself. Its version 0.23 cannot rebuild P-384 keys, but lists them.
    if (!mechanism.startsWith('rsa')) {
      const { point } = keysNamed(bench, label).find(({ kind }) => kind === 'public')!;
      const der = execFileSync('openssl', ['pkey', '-pubin', '-outform', 'DER'], { input: exported });
      // Behind the header of its OCTET STRING, which is longer for P-521.
      expect(der.toString('hex').endsWith(point.slice(point.startsWith('0481') ? 6 : 4))).toBe(true);
      return;
    }
    const onToken = join(scratch, `${mechanism}-${state}-token.der`);
    pkcs11Tool(bench, '--read-object', '--type', 'pubkey', '--id', id, '--output-file', onToken);
    const pem = execFileSync('openssl', ['pkey', '-pubin', '-inform', 'DER', '-in', onToken, '-pubout'], {
      encoding: 'utf8',
    });
    expect(exported).toBe(pem);
  });

  test('signs where it is active, as OpenSSL confirms, and otherwise is refused by the token', () => {
    const { id } = keysNamed(bench, label)[0]!;
    const rsa = mechanism.startsWith('rsa');
    const data = join(scratch, `${mechanism}-${state}-data`);
    writeFileSync(data, Buffer.alloc(32, 7));
    const sign = () =>
      pkcs11Tool(
        bench,
        '--sign',
        '--id',
        id,
        '--mechanism',
        ASKED(mechanism),
        '--input-file',
        data,
        '--output-file',
        `${data}.sig`,
      );
    if (active) sign();
    else expect(sign).toThrow(/CKR_KEY_FUNCTION_NOT_PERMITTED/);
    if (!active) return;
    // The test signature of the ceremony, verified with nothing but the bundle's files and OpenSSL.
    const key = file(/^key\/public\.spki\.pem$/);
    const inform = readFileSync(key)[0] === 0x30 ? 'DER' : 'PEM';
    const digest = DIGESTS[mechanism] ?? '-sha256';
    const pss = ['rsa_padding_mode:pss', 'rsa_pss_saltlen:digest', 'rsa_mgf1_md:sha256'];
    const options = rsa ? pss.flatMap((option) => ['-sigopt', option]) : [];
    const [signature, challenge] = [file(/test.*sig/i), file(/challenge/i)];
    const asked =
      mechanism === 'ed25519'
        ? ['pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in', challenge, '-sigfile', signature]
        : ['dgst', digest, ...options, '-verify', key, '-keyform', inform, '-signature', signature, challenge];
    const verified = spawnSync('openssl', asked, { encoding: 'utf8' });
    expect(verified.stdout).toMatch(/Verified OK|Signature Verified Successfully/);
  });
});

describe('the evidence of a ceremony', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.over(prepared);
    must(await bench.freeze());
    await bench.runTo('export');
    must(await bench.h['ceremony.export']({ step: 'export' }));
  });
  afterAll(() => bench.close());

  const verify = (...args: string[]) => {
    const verifier = resolve(import.meta.dirname, '../../out/standalone/verify.mjs');
    const { path } = bench.view.ceremony!.bundle!;
    return spawnSync(process.execPath, [verifier, path, '--trust', bench.folder.genesis, ...args], {
      encoding: 'utf8',
    });
  };

  test('is exported once: the step’s turn is over, STEP-1', async () => {
    expect(mustFail(await bench.h['ceremony.export']({ step: 'export' })).policy).toBe('STEP-1');
    expect(bench.outcomes('statement.sign')).toEqual(['act.result committed']);
    expect(must(await bench.h['evidence.list']({}))).toMatchObject([
      {
        name: 'CER-2026-001-TEST-KEY-1.zip'.replace('2026', String(new Date().getUTCFullYear())),
        ceremony: bench.view.ceremony!.ceremony,
      },
    ]);
  });

  test('is accepted by the verifier of strangers as a rehearsal, and not as anything else', () => {
    const expecting = verify('--expect', 'rehearsal');
    expect(expecting.stdout).toMatch(/^TEST ONLY/);
    expect(expecting.status).toBe(0);
    expect(verify().status).toBe(1);
  });

  test('is accepted by the application itself, and shown with what it does not prove', async () => {
    const { name } = must(await bench.h['evidence.list']({}))[0]!;
    const report = must(await bench.h['evidence.verify']({ name }));
    expect(report.passed).toBe(true);
    expect(report.checks.every(({ doesNotProve }) => doesNotProve !== '')).toBe(true);
  });

  test('has a ledger database that sqlite3 opens after the close, with every entry byte for byte', async () => {
    await bench.runTo();
    const database = join(bench.folder.ledger, 'log.sqlite');
    const ask = (sql: string) => execFileSync('sqlite3', [database, sql], { encoding: 'utf8', maxBuffer: 64e6 });
    expect(ask('PRAGMA integrity_check')).toBe('ok\n');
    expect(ask("SELECT lower(hex(leaf_hash)) || ' ' || CAST(body AS TEXT) FROM entry ORDER BY seq")).toBe(
      readFileSync(join(bench.folder.ledger, 'journal.jsonl'), 'utf8'),
    );
  });
});
