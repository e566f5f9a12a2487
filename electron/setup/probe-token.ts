/**
 * What a token really offers, found out before a vault is made on it. Mechanism lists are claims: a signature counts when
 * it verifies outside the token, and a data object when it was read back and destroyed. A probe that ends the HSM host is
 * an answer too; it is not tried again.
 */
import { randomBytes } from 'node:crypto';
import type { Crypto } from '../../core/crypto.ts';
import { algorithmNamed, keyKind } from '../../core/evidence/spki.ts';
import type { EventOf } from '../../core/ledger/event.ts';
import type { PairMechanism } from '../../core/ledger/fields.ts';
import { notesOf } from '../../core/ledger/note.ts';
import { ok, type Failure, type Result } from '../../core/result.ts';
import { refuse } from '../../core/rules.ts';
import type { Hsm, SignAlgorithm, TokenRef } from '../hsm/port.ts';
import { probeAnchor } from '../ledger/anchor.ts';

/** Log keys in the order of preference: signed-note 0x01, 0x02 with P-256 and P-384, 0xff with RSA of 3072 bits. */
export const LOG_KEYS = [
  { mechanism: 'ed25519', signWith: 'ed25519' },
  { mechanism: 'ec-p256', signWith: 'ecdsa-sha256' },
  { mechanism: 'ec-p384', signWith: 'ecdsa-sha256' },
  { mechanism: 'rsa-3072', signWith: 'rsa-pkcs1-sha256' },
] as const satisfies readonly { mechanism: PairMechanism; signWith: SignAlgorithm }[];

export type Probed = EventOf<'token.probed'>['data'];

const errorOf = (failure: Failure | undefined): { error?: { call: string; rv: string } } =>
  failure?.call === undefined ? {} : { error: { call: failure.call, rv: failure.rv ?? '' } };

/** Whether a key of the kind signs so that the world outside the token accepts it. */
async function probeSigning(
  hsm: Hsm,
  token: TokenRef,
  crypto: Crypto,
  { mechanism, signWith }: (typeof LOG_KEYS)[number],
): Promise<Result<null>> {
  const data = new Uint8Array(randomBytes(200));
  const probed = await hsm.probeSigning({ token, mechanism, algorithm: signWith, data });
  if (!probed.ok) return probed;
  const { spki, signature } = probed.value;
  const kind = keyKind(spki);
  const good =
    kind !== null &&
    notesOf(kind).signWith === signWith &&
    (await crypto.verify(algorithmNamed(signWith), spki, data, signature));
  return good ? ok(null) : refuse('SIGNATURE-1');
}

/**
 * Tries log keys until one works, and then the anchor. `again` gives an HSM with the tokens logged in to, after a probe
 * ended the host. Fails only where the host cannot be brought back.
 */
export async function probeToken(
  first: Hsm,
  token: TokenRef,
  crypto: Crypto,
  again: () => Promise<Result<Hsm>>,
): Promise<Result<Probed>> {
  let hsm = first;
  const signing: Probed['signing'] = [];
  for (const one of LOG_KEYS) {
    const tried = await probeSigning(hsm, token, crypto, one);
    signing.push({ mechanism: one.mechanism, works: tried.ok, ...(tried.ok ? {} : errorOf(tried.error)) });
    if (tried.ok) break;
    if (tried.error.code !== 'hsm-lost') continue;
    const back = await again();
    if (!back.ok) return back;
    hsm = back.value;
  }
  const { kind, failure } = await probeAnchor(hsm, token, crypto);
  if (failure?.code === 'hsm-lost') {
    const back = await again();
    if (!back.ok) return back;
  }
  return ok({ token: 'vault', signing, anchor: kind, ...(kind === 'unavailable' ? errorOf(failure) : {}) });
}
