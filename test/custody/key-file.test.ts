import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Encrypter } from 'age-encryption';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { fromSystem } from '../../electron/custody/failure.ts';
import { serve } from '../../electron/custody/host/serve.ts';
import { openKeyFile, sealKeyFile } from '../../electron/custody/key-file.ts';
import { listKeyFiles, mediumFolder } from '../../electron/custody/media.ts';
import { must, mustFail } from './bench.ts';

const CREATED = '2026-01-02T03:04:05.678Z';
const IDENTITY = `AGE-SECRET-KEY-1${'Q'.repeat(58)}`;
const { privateKey } = generateKeyPairSync('ed25519');
const seal = (passphrase: string) =>
  sealKeyFile({ privateKey, ageIdentity: IDENTITY, created: CREATED }, passphrase, 1);

/** An age file with any plaintext, at the lowest cost. */
async function encrypt(plain: string, passphrase: string): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  encrypter.setScryptWorkFactor(1);
  return encrypter.encrypt(plain);
}

describe('a key file in which anything was changed does not open', () => {
  let file: Uint8Array;
  beforeAll(async () => {
    file = await seal('passphrase');
    must(await openKeyFile(file, 'passphrase'));
  });

  test('at every single byte, in every bit', async () => {
    for (let at = 0; at < file.length; at++) {
      for (let bit = 1; bit < 256; bit <<= 1) {
        const changed = file.slice();
        changed[at]! ^= bit;
        expect(['CRED-1', 'CRED-2'], `byte ${at} bit ${bit}`).toContain(
          mustFail(await openKeyFile(changed, 'passphrase')).policy,
        );
      }
    }
  });

  test('cut at every length, or with bytes added', async () => {
    for (let length = 0; length < file.length; length++) {
      mustFail(await openKeyFile(file.slice(0, length), 'passphrase'));
    }
    expect(mustFail(await openKeyFile(Uint8Array.of(...file, 10), 'passphrase')).policy).toBe('CRED-2');
    expect(mustFail(await openKeyFile(Uint8Array.of(...file, ...file), 'passphrase')).policy).toBe('CRED-2');
  });
});

describe('an age file that opens with the passphrase is CRED-2', () => {
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const pkcs8 = (key: typeof privateKey) => key.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  const text = (ed25519: string, more = '') =>
    `{"age":"${IDENTITY}","created":"${CREATED}","ed25519":"${ed25519}"${more},"type":"conclave-key-file","v":1}`;

  test('unless it holds exactly what Conclave writes', async () => {
    must(await openKeyFile(await encrypt(text(pkcs8(privateKey)), 'p'), 'p'));
  });

  test.each([
    ['text', 'hello'],
    ['another type of key', text(pkcs8(ec))],
    ['bytes that are no key', text('AAAA')],
    ['one field more', text(pkcs8(privateKey), ',"extra":1')],
    ['JSON not in canonical form', `${text(pkcs8(privateKey))}\n`],
    ['nothing', ''],
  ])('where it holds %s', async (_what, plain) => {
    expect(mustFail(await openKeyFile(await encrypt(plain, 'p'), 'p')).policy).toBe('CRED-2');
  });

  test('where its work factor asks for more memory than a workstation should give', async () => {
    const file = Buffer.from(await seal('p'))
      .toString('latin1')
      .replace(/^(-> scrypt \S+) 1$/m, '$1 30');
    const failure = mustFail(await openKeyFile(Buffer.from(file, 'latin1'), 'p'));
    expect(failure.policy).toBe('CRED-2');
    expect(failure.message).toContain('work factor 30');
  });
});

describe('the credential host answers every message with a failure it has words for', () => {
  test('whatever the message is, and repeats nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything({ withTypedArray: true, withDate: true, withMap: true }), async (message) => {
        expect(await serve(message)).toEqual({
          ok: false,
          error: { code: 'bad-input', message: 'The request to the credential host does not have the agreed shape.' },
        });
      }),
    );
  });

  test('where one field of a good request is missing, of another type, or one is added', async () => {
    const good: Record<string, unknown> = {
      call: 'sign',
      path: '/nowhere/a.age',
      passphrase: utf8('marker-of-a-secret'),
      payloads: [utf8('x')],
      expectedKeyId: 'a'.repeat(64),
    };
    expect(await serve({ ...good, passphrase: utf8('p') })).toMatchObject({ error: { policy: 'CRED-4' } });
    const key = fc.constantFrom(...Object.keys(good));
    await fc.assert(
      fc.asyncProperty(key, fc.anything(), fc.boolean(), async (name, value, add) => {
        const bad = add ? { ...good, [`${name}2`]: value } : { ...good, [name]: value };
        const answer = await serve({ ...bad, passphrase: bad['passphrase'] });
        expect(answer).toMatchObject({ ok: false });
        expect(JSON.stringify(answer)).not.toContain('marker');
      }),
    );
  });
});

describe('a medium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-medium-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('lists what may be key files and says why it refuses the others', async () => {
    writeFileSync(join(folder, 'b.age'), 'x');
    writeFileSync(join(folder, 'a.age'), 'x');
    writeFileSync(join(folder, 'notes.txt'), 'x');
    writeFileSync(join(folder, '.a.age.0011.tmp'), 'x');
    writeFileSync(join(folder, 'empty.age'), '');
    writeFileSync(join(folder, 'large.age'), new Uint8Array(16_385));
    writeFileSync(join(folder, 'Big Name.AGE'), 'x');
    mkdirSync(join(folder, 'folder.age'));
    symlinkSync(join(folder, 'a.age'), join(folder, 'link.age'));
    expect(must(await listKeyFiles(folder))).toEqual({
      keyFiles: [join(folder, 'a.age'), join(folder, 'b.age')],
      refused: [
        { name: 'Big Name.AGE', reason: 'its name is not one that Conclave gives' },
        { name: 'empty.age', reason: 'it is empty' },
        { name: 'folder.age', reason: 'it is not a regular file' },
        { name: 'large.age', reason: 'it is too large to be a key file' },
        { name: 'link.age', reason: 'it is a symbolic link' },
      ],
    });
  });

  test('that is missing is CRED-4, and one that is a link or a relative path CRED-7', async () => {
    symlinkSync(folder, `${folder}-link`);
    expect(mustFail(await listKeyFiles(`${folder}-missing`)).policy).toBe('CRED-4');
    expect(mustFail(await listKeyFiles(`${folder}-link`)).policy).toBe('CRED-7');
    expect(mustFail(await listKeyFiles('relative')).policy).toBe('CRED-7');
    rmSync(`${folder}-link`);
  });

  test('has a folder name of plain letters, whatever the name of its person', () => {
    expect(mediumFolder('/m', 'custodian-1', 'Ada Lovelace')).toBe('/m/custodian-1-ada-lovelace');
    expect(mediumFolder('/m', 'custodian-2', "Zoë D'Arc-../..")).toBe('/m/custodian-2-zoe-d-arc');
    expect(mediumFolder('/m', 'custodian-3', '李')).toBe('/m/custodian-3');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        expect(mediumFolder('/m', 'witness-1', name)).toMatch(/^\/m\/witness-1(-[a-z0-9]+)*$/);
      }),
    );
  });
});

test('every refusal of the operating system has an id or a code, and a hint where something can be done', () => {
  const codes = {
    ENOENT: 'CRED-4',
    EEXIST: 'CRED-6',
    ELOOP: 'CRED-7',
    EACCES: 'CRED-7',
    EROFS: 'io',
    ENOSPC: 'io',
    EIO: 'io',
  };
  for (const [code, expected] of Object.entries(codes)) {
    const failure = mustFail(fromSystem(Object.assign(new Error('secret'), { code }), 'key file'));
    expect(failure.policy ?? failure.code, code).toBe(expected);
    expect(JSON.stringify(failure)).not.toContain('secret');
  }
});
