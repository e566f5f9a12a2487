import { generateKeyPairSync } from 'node:crypto';
import { lstat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { base64, equal } from '../../../core/bytes.ts';
import { ok, type Result } from '../../../core/result.ts';
import { fromSystem, notAKeyFile, systemCode } from '../failure.ts';
import { openKeyFile, readPublicFile, sameKey, sealKeyFile, sha256Hex, spkiOf } from '../key-file.ts';
import { MAX_KEY_FILE, MAX_PUBLIC_FILE, publicFileOf, writePublicFile } from '../../../core/people/key-file.ts';
import { checkMedium, readMediumFile } from '../media.ts';
import { checkNewPassphrase, passphraseText } from '../passphrase.ts';
import type { Created, Request } from '../protocol.ts';
import { writeNew } from './write-new.ts';

type CreateCall = Extract<Request, { call: 'create' }>;

/** Makes a key, writes key file and public file, and opens what it wrote before it answers. */
export async function create(request: CreateCall): Promise<Result<Created>> {
  const passphrase = passphraseText(request.passphrase);
  if (!passphrase.ok) return passphrase;
  const allowed = checkNewPassphrase(passphrase.value);
  if (!allowed.ok) return allowed;
  const publicName = publicFileOf(request.fileName);
  const free = await isFree(request.folder, [request.fileName, publicName]);
  if (!free.ok) return free;

  const { privateKey } = generateKeyPairSync('ed25519');
  const ageIdentity = await generateX25519Identity();
  const created = new Date().toISOString();
  const spki = spkiOf(privateKey);
  const keyId = sha256Hex(spki);
  const sealed = await sealKeyFile({ privateKey, ageIdentity, created }, passphrase.value, request.workFactor);
  const publicFile = writePublicFile({
    person: request.person,
    keyId,
    spki: base64(spki),
    recipient: await identityToRecipient(ageIdentity),
    created,
    keyFileSha256: sha256Hex(sealed),
  });

  const keyWritten = await writeNew(request.folder, request.fileName, sealed, 'key file');
  if (!keyWritten.ok) return keyWritten;
  const path = keyWritten.value.path;
  const publicWritten = await writeNew(request.folder, publicName, publicFile, 'public file of the key');
  const proven = publicWritten.ok
    ? await readBack(path, publicWritten.value.path, sealed, publicFile, passphrase.value, spki)
    : publicWritten;
  if (proven.ok) return ok({ path, spki, keyId });
  // Only what this call wrote is taken away again, so that no half of a credential stays behind.
  await unlink(path).catch(() => undefined);
  if (publicWritten.ok) await unlink(publicWritten.value.path).catch(() => undefined);
  return proven;
}

async function isFree(folder: string, names: readonly string[]): Promise<Result<null>> {
  const medium = await checkMedium(folder);
  if (!medium.ok) return medium;
  for (const name of names) {
    try {
      await lstat(join(folder, name));
      return fromSystem(Object.assign(new Error(), { code: 'EEXIST' }), 'file');
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') return fromSystem(error, 'medium');
    }
  }
  return ok(null);
}

async function readBack(
  keyPath: string,
  publicPath: string,
  sealed: Uint8Array,
  publicFile: Uint8Array,
  passphrase: string,
  spki: Uint8Array,
): Promise<Result<null>> {
  const key = await readMediumFile(keyPath, MAX_KEY_FILE, 'key file');
  if (!key.ok) return key;
  const known = await readMediumFile(publicPath, MAX_PUBLIC_FILE, 'public file of the key');
  if (!known.ok) return known;
  if (!equal(key.value, sealed) || !equal(known.value, publicFile)) {
    return notAKeyFile('the medium gave back other bytes than were written');
  }
  const described = readPublicFile(known.value);
  if (!described.ok) return described;
  const opened = await openKeyFile(key.value, passphrase);
  if (!opened.ok) return opened;
  return sameKey(opened.value, { spki }) ? ok(null) : notAKeyFile('it opens to another key than was written');
}
