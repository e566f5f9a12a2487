import { createHash, createPublicKey, verify } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCredentials } from '../../electron/custody/client.ts';
import { nodeHost } from '../../electron/process/node-host.ts';
import { bench, bytes, LOW, must, mustFail, PASSPHRASE, type Bench } from './bench.ts';

let it: Bench;
beforeAll(async () => {
  it = await bench();
});
afterAll(() => it.close());

const verifies = (spki: Uint8Array, payload: Uint8Array, signature: Uint8Array) =>
  verify(null, payload, createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }), signature);

describe('a key file', () => {
  test('signs what the public key it was enrolled with verifies, each payload in its place', async () => {
    const { credential, spki, keyId } = await it.create();
    const payloads = [bytes('DSSEv1 1 a 1 b'), bytes(''), new Uint8Array(100_000).fill(7)];
    const signatures = must(
      await it.credentials.sign({ credential, passphrase: bytes(PASSPHRASE), payloads, expectedKeyId: keyId }),
    );
    expect(signatures.map((signature) => signature.length)).toEqual([64, 64, 64]);
    expect(payloads.map((payload, i) => verifies(spki, payload, signatures[i]!))).toEqual([true, true, true]);
    expect(verifies(spki, payloads[0]!, signatures[1]!)).toBe(false);
    expect(keyId).toBe(createHash('sha256').update(spki).digest('hex'));
  });

  test('describes itself without a passphrase', async () => {
    const { credential, spki, keyId } = await it.create('witness-1.age', 'witness-1 Grace Hopper');
    expect(must(await it.credentials.describe(credential))).toEqual({
      kind: 'key-file',
      format: 'age-encryption.org/v1',
      keyId,
      spki,
      person: 'witness-1 Grace Hopper',
      recipient: expect.stringMatching(/^age1[a-z0-9]{58}$/),
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      workFactor: LOW,
    });
  });

  test('is readable by its owner only, and leaves nothing else on the medium but its public file', async () => {
    const { credential } = await it.create();
    expect(statSync(credential.path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(credential.path)).sort()).toEqual(['custodian-1.age', 'custodian-1.pub.json']);
  });

  test('opens with the standard age tool and the passphrase, to both keys', async () => {
    const { credential, spki } = await it.create();
    // age asks for the passphrase at a terminal only; `script` makes one.
    const opened = spawnSync('script', ['-qec', `age -d -o ${credential.path}.txt ${credential.path}`, '/dev/null'], {
      input: `${PASSPHRASE}\n`,
      encoding: 'utf8',
    });
    expect(opened.status, opened.stdout).toBe(0);
    const plain = JSON.parse(readFileSync(`${credential.path}.txt`, 'utf8')) as Record<string, string>;
    expect(Object.keys(plain)).toEqual(['age', 'created', 'ed25519', 'type', 'v']);
    const key = createPublicKey({
      key: `-----BEGIN PRIVATE KEY-----\n${plain['ed25519']!}\n-----END PRIVATE KEY-----\n`,
      format: 'pem',
    });
    expect(new Uint8Array(key.export({ type: 'spki', format: 'der' }))).toEqual(spki);
    const recipient = spawnSync('age-keygen', ['-y'], { input: plain['age']!, encoding: 'utf8' });
    expect(recipient.stdout.trim()).toBe(must(await it.credentials.describe(credential)).recipient);
  });

  test('is made with scrypt work factor 18 unless a test says otherwise', async () => {
    const product = createCredentials({ spawn: nodeHost(it.entry) });
    const made = must(
      await product.create({
        folder: it.medium(),
        fileName: 'custodian-1.age',
        person: 'custodian-1',
        passphrase: bytes(PASSPHRASE),
      }),
    );
    const [, stanza] = readFileSync(made.credential.path, 'latin1').split('\n');
    expect(stanza).toMatch(/^-> scrypt \S{22} 18$/);
  }, 60_000);

  test('opens with the same words typed in another Unicode form', async () => {
    const { credential, keyId } = await it.create();
    const decomposed = PASSPHRASE.normalize('NFD');
    expect(decomposed).not.toBe(PASSPHRASE);
    const request = { credential, passphrase: bytes(decomposed), payloads: [bytes('x')], expectedKeyId: keyId };
    must(await it.credentials.sign(request));
  });

  test('still signs where its public file was lost, and describes itself no more', async () => {
    const { credential, keyId } = await it.create();
    rmSync(credential.path.replace('.age', '.pub.json'));
    const request = { credential, passphrase: bytes(PASSPHRASE), payloads: [bytes('x')], expectedKeyId: keyId };
    must(await it.credentials.sign(request));
    expect(mustFail(await it.credentials.describe(credential)).policy).toBe('CRED-4');
  });
});

describe('signing is refused', () => {
  const sign = (path: string, expectedKeyId: string, passphrase = PASSPHRASE) =>
    it.credentials.sign({
      credential: { kind: 'key-file', path },
      passphrase: bytes(passphrase),
      payloads: [bytes('payload')],
      expectedKeyId,
    });

  test('with CRED-1 for a wrong passphrase', async () => {
    const { credential, keyId } = await it.create();
    expect(mustFail(await sign(credential.path, keyId, `${PASSPHRASE} `))).toMatchObject({
      code: 'credential',
      policy: 'CRED-1',
    });
    expect(mustFail(await sign(credential.path, keyId, '')).policy).toBe('CRED-1');
  });

  test('with CRED-3 for the key of another person, naming the fingerprint that was expected', async () => {
    const mine = await it.create();
    const other = await it.create();
    const failure = mustFail(await sign(other.credential.path, mine.keyId));
    expect(failure.policy).toBe('CRED-3');
    expect(failure.message).toContain(mine.keyId.match(/.{4}/g)!.join(' '));
  });

  test('with CRED-4 for a file or a medium that is not there', async () => {
    const { credential, keyId } = await it.create();
    expect(mustFail(await sign(join(it.folder, 'no-medium', 'a.age'), keyId)).policy).toBe('CRED-4');
    rmSync(credential.path);
    expect(mustFail(await sign(credential.path, keyId)).policy).toBe('CRED-4');
  });

  test('with CRED-2 for a file that is no key file, whatever opens it', async () => {
    const { keyId } = await it.create();
    const folder = it.medium();
    const identity = join(folder, 'identity.txt');
    spawnSync('age-keygen', ['-o', identity]);
    const recipient = /age1[a-z0-9]+/.exec(readFileSync(identity, 'utf8'))![0];
    const forKey = join(folder, 'for-key.age');
    spawnSync('age', ['-r', recipient, '-o', forKey], { input: 'anything' });
    const texts = { 'text.age': 'hello', 'empty.age': '', 'header.age': 'age-encryption.org/v1\n' };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    for (const name of ['for-key.age', ...Object.keys(texts)]) {
      expect(mustFail(await sign(join(folder, name), keyId)).policy, name).toBe('CRED-2');
    }
  });

  test('with CRED-2 and not CRED-1 where the damage looks like a wrong passphrase', async () => {
    const { credential, keyId } = await it.create();
    const file = readFileSync(credential.path);
    // The wrapped file key: the third line of the header.
    const at = file.indexOf('\n', file.indexOf('->')) + 1;
    file[at] = file[at] === 0x41 ? 0x42 : 0x41;
    writeFileSync(credential.path, file);
    expect(mustFail(await sign(credential.path, keyId)).policy).toBe('CRED-2');
  });

  test('with CRED-7 for a symbolic link, a folder, a named pipe and a file that is far too large', async () => {
    const { credential, keyId } = await it.create();
    const folder = it.medium();
    symlinkSync(credential.path, join(folder, 'link.age'));
    mkdirSync(join(folder, 'folder.age'));
    spawnSync('mkfifo', [join(folder, 'pipe.age')]);
    writeFileSync(join(folder, 'large.age'), new Uint8Array(20_000));
    for (const name of ['link.age', 'folder.age', 'pipe.age', 'large.age']) {
      expect(mustFail(await sign(join(folder, name), keyId)).policy, name).toBe('CRED-7');
    }
  });

  test('with CRED-8 for a card, which this version cannot use', async () => {
    const passphrase = bytes('123456');
    const card = { kind: 'card', library: '/lib/x.so', token: { label: 'a', serial: 'b' }, ckaId: '00' } as const;
    const request = { credential: card, passphrase, payloads: [bytes('x')], expectedKeyId: 'a'.repeat(64) };
    expect(mustFail(await it.credentials.sign(request)).policy).toBe('CRED-8');
    expect(mustFail(await it.credentials.describe(card)).policy).toBe('CRED-8');
    expect([...passphrase]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});

describe('a description is refused with CRED-2', () => {
  test('where the public file names another key, or the key file was changed', async () => {
    const mine = await it.create();
    const other = await it.create();
    const publicOf = (path: string) => path.replace('.age', '.pub.json');
    copyFileSync(publicOf(other.credential.path), publicOf(mine.credential.path));
    expect(mustFail(await it.credentials.describe(mine.credential)).policy).toBe('CRED-2');

    const path = publicOf(other.credential.path);
    const honest = readFileSync(path, 'utf8');
    for (const forged of [
      honest.replace(other.keyId, mine.keyId),
      honest.replace('{', '{ '),
      honest.replace('"v":1', '"v":2'),
    ]) {
      expect(forged).not.toBe(honest);
      writeFileSync(path, forged);
      expect(mustFail(await it.credentials.describe(other.credential)).policy).toBe('CRED-2');
    }
  });
});

describe('making a key file is refused', () => {
  const create = (passphrase: string, folder = it.medium(), fileName = 'custodian-1.age') =>
    it.credentials.create({ folder, fileName, person: 'custodian-1', passphrase: bytes(passphrase) });

  test.each([
    ['shorter than 12 characters', 'elf zeichen'],
    ['shorter than 12 characters however many bytes they take', '🦁🦁🦁🦁🦁🦁🦁🦁🦁🦁🦁'],
    ['with a line end', 'twelve chars\nand more'],
    ['with a space at the end', 'twelve chars and more '],
  ])('with CRED-5 for a passphrase %s, and writes nothing', async (_what, passphrase) => {
    const folder = it.medium();
    expect(mustFail(await create(passphrase, folder)).policy).toBe('CRED-5');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('with CRED-6 where either file is there already, which stays as it was', async () => {
    for (const name of ['custodian-1.age', 'custodian-1.pub.json']) {
      const folder = it.medium();
      writeFileSync(join(folder, name), 'theirs');
      expect(mustFail(await create(PASSPHRASE, folder)).policy).toBe('CRED-6');
      expect(readdirSync(folder)).toEqual([name]);
      expect(readFileSync(join(folder, name), 'utf8')).toBe('theirs');
    }
  });

  test('with CRED-6 for a dangling link of that name, which is not written through', async () => {
    const folder = it.medium();
    const target = join(it.folder, 'elsewhere');
    symlinkSync(target, join(folder, 'custodian-1.age'));
    expect(mustFail(await create(PASSPHRASE, folder)).policy).toBe('CRED-6');
    expect(existsSync(target)).toBe(false);
  });

  test('with CRED-4 or CRED-7 where the folder is missing, a link or a file', async () => {
    const folder = it.medium();
    symlinkSync(folder, join(it.folder, 'link'));
    expect(mustFail(await create(PASSPHRASE, join(it.folder, 'missing'))).policy).toBe('CRED-4');
    expect(mustFail(await create(PASSPHRASE, join(it.folder, 'link'))).policy).toBe('CRED-7');
    expect(mustFail(await create(PASSPHRASE, it.entry)).policy).toBe('CRED-7');
  });

  test('by shape where the name would leave the folder or is no key file name', async () => {
    for (const name of ['../a.age', 'a/b.age', '.hidden.age', 'a.txt', 'A.age', '', 'a\0.age']) {
      expect(mustFail(await create(PASSPHRASE, it.medium(), name)).code, name).toBe('bad-input');
    }
  });

  test('in words where the medium is read-only or not permitted', async () => {
    // Root may write anywhere, so a kernel folder that takes no files from anyone stands for such a medium.
    const failure = mustFail(await create(PASSPHRASE, '/sys/kernel'));
    expect(['io', 'credential']).toContain(failure.code);
    expect(failure.message).not.toContain('Error');
    expect(failure.hint).toBeDefined();
  });
});

describe('a secret', () => {
  test('is in no answer, no file, no name and no passphrase buffer afterwards', async () => {
    const secret = 'zqx-secret-zqx-secret';
    const folder = it.medium();
    const create = bytes(secret);
    const made = must(
      await it.credentials.create({ folder, fileName: 'a.age', person: 'custodian-1', passphrase: create }),
    );
    const sign = bytes(secret);
    const wrong = bytes(`${secret}!`);
    const request = { credential: made.credential, payloads: [bytes('x')], expectedKeyId: made.keyId };
    must(await it.credentials.sign({ ...request, passphrase: sign }));
    mustFail(await it.credentials.sign({ ...request, passphrase: wrong }));
    mustFail(await it.credentials.sign({ ...request, expectedKeyId: 'bad', passphrase: bytes(secret) }));
    for (const buffer of [create, sign, wrong]) expect(buffer.every((byte) => byte === 0)).toBe(true);

    const answers = it.heard.map((message) =>
      JSON.stringify(message, (_, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
      ),
    );
    const files = readdirSync(folder).map((name) => name + readFileSync(join(folder, name), 'latin1'));
    const said = [...answers, ...files].join('\n');
    expect(said).toContain(made.keyId);
    expect(said).not.toContain('zqx');
    expect(said).not.toContain(Buffer.from(secret).toString('base64').slice(0, 20));
    expect(said).not.toMatch(/AGE-SECRET-KEY/i);
  });
});
