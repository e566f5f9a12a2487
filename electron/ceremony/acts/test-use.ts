/**
 * `key.test-use`: an active key does once what it was made for, on a random challenge. Where it has a public key, the
 * other side is done outside the HSM with it; a secret key is tried against itself. Nothing of it stays on the token.
 *
 * Sources: RFC 8017 section 7.1 (OAEP), SP 800-56A section 5.7.1.2 (ECDH), RFC 3394 (AES key wrap).
 */
import { constants, createECDH, createHash, createPublicKey, publicEncrypt } from 'node:crypto';
import { equal, fromHex } from '../../../core/bytes.ts';
import { afterUse } from '../../../core/ceremony/recovery.ts';
import { ok, type Failure, type Result } from '../../../core/result.ts';
import { refusal } from '../../../core/rules.ts';
import type { UseAlgorithm, UseOperation } from '../../hsm/port.ts';
import { plannedKey } from '../../../core/plan/plan.ts';
import type { ActContext, ActRunner } from './act.ts';
import { objectsIn } from './key-objects.ts';
import { CLASS_OF, readKey } from './read-key.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** What the workstation does with the public key alone. OAEP with SHA-1, which every module has. */
const encryptOutside = (spki: Uint8Array, challenge: Uint8Array): Uint8Array =>
  publicEncrypt(
    {
      key: createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }),
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: 'sha1',
    },
    challenge,
  );

/** The curve's name for OpenSSL, by the length of its uncompressed points. */
const CURVES: Readonly<Record<number, string>> = { 65: 'prime256v1', 97: 'secp384r1', 133: 'secp521r1' };

/** The challenge as a throw-away private key: its public point, and what it and the public key agree on. */
function agreeOutside(
  spki: Uint8Array,
  challenge: Uint8Array,
): { readonly point: Uint8Array; readonly secret: Uint8Array } {
  const length = Object.keys(CURVES)
    .map(Number)
    .find((size) => spki.at(-size) === 4 && spki.length - size < 32)!;
  const ephemeral = createECDH(CURVES[length]!);
  ephemeral.setPrivateKey(challenge);
  return { point: ephemeral.getPublicKey(), secret: ephemeral.computeSecret(spki.subarray(-length)) };
}

interface Using {
  /** One use by the secret object of the key. */
  readonly use: (
    operation: UseOperation,
    algorithm: UseAlgorithm,
    data: Uint8Array,
    signature?: Uint8Array,
  ) => Promise<Result<Uint8Array>>;
  readonly mechanism: string;
  readonly spki: Uint8Array | null;
  readonly challenge: Uint8Array;
}

/** Whether what came back is what should have. */
async function tried(purpose: string, { use, mechanism, spki, challenge }: Using): Promise<Result<boolean>> {
  const back = (result: Result<Uint8Array>, wanted: Uint8Array): Result<boolean> =>
    result.ok ? ok(equal(result.value, wanted)) : result;
  if (spki !== null) {
    if (purpose === 'derive') {
      const { point, secret } = agreeOutside(spki, challenge);
      return back(await use('derive', 'ecdh', point), sha256(secret));
    }
    const given = encryptOutside(spki, challenge);
    return purpose === 'wrap'
      ? back(await use('unwrap', 'rsa-oaep-sha1', given), sha256(challenge))
      : back(await use('decrypt', 'rsa-oaep-sha1', given), challenge);
  }
  switch (purpose) {
    case 'wrap': {
      const wrapped = await use('wrap', 'aes-kw', challenge);
      return wrapped.ok ? back(await use('unwrap', 'aes-kw', wrapped.value), sha256(challenge)) : wrapped;
    }
    case 'encrypt': {
      const sealed = await use('encrypt', 'aes-cbc-pad', challenge);
      return sealed.ok ? back(await use('decrypt', 'aes-cbc-pad', sealed.value), challenge) : sealed;
    }
    case 'derive': {
      const first = await use('derive', 'aes-cbc-derive', challenge);
      return first.ok ? back(await use('derive', 'aes-cbc-derive', challenge), first.value) : first;
    }
    default: {
      const algorithm = mechanism.startsWith('aes') ? 'aes-cmac' : (mechanism as UseAlgorithm);
      const code = await use('sign', algorithm, challenge);
      if (!code.ok) return code;
      // The token answers with a failure where the code is not right.
      const right = await use('verify', algorithm, challenge, code.value);
      return right.ok ? ok(true) : right;
    }
  }
}

export const testUse: ActRunner = {
  async run(context) {
    const { hsm, token, plan, intent, material } = context;
    const key = intent.data.key!;
    const ckaId = fromHex(key)!;
    const undone = (failure: Failure) => ({ outcome: 'not-committed', key, failure }) as const;
    if (!material) return undone({ code: 'internal', message: 'The challenge is missing.' });
    const objects = objectsIn(context);
    const read = await readKey(hsm, token, ckaId, objects);
    if (!read.ok) return undone(read.error);
    const { purpose, mechanism } = plannedKey(plan);
    const objectClass = objects.secret === undefined ? CLASS_OF.private : CLASS_OF.secret;
    const done = await tried(purpose, {
      use: (operation, algorithm, data, signature) =>
        hsm.use({
          token,
          ckaId,
          class: objectClass,
          operation,
          algorithm,
          data,
          ...(signature === undefined ? {} : { signature }),
        }),
      mechanism,
      spki: read.value.spki,
      challenge: material,
    });
    context.crash('hsm-after-call');
    if (!done.ok) return lost(context, done.error) ?? undone(done.error);
    if (!done.value) return undone(refusal('USE-1'));
    return { outcome: 'committed', key, blobs: [await context.putBlob(material)] };
  },

  find({ intent }) {
    const { outcome, found } = afterUse();
    return Promise.resolve({ outcome, key: intent.data.key!, found });
  },
};

const lost = ({ intent }: ActContext, failure: Failure) =>
  failure.code === 'hsm-lost' ? ({ outcome: 'unknown', key: intent.data.key!, failure } as const) : null;
