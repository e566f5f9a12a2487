/**
 * The signed head as a data object on the token. Its value cannot be changed (PKCS#11 v2.40 base, section 4.5), so the
 * new object is created first and the old one destroyed after: at every moment at least one is there.
 */
import { randomBytes } from 'node:crypto';
import { concat, equal, hex, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { PROBE_LABEL } from '../../core/ledger/token-call.ts';
import type { AnchorKind } from '../../core/ledger/fields.ts';
import { fail, ok, type Failure, type Result } from '../../core/result.ts';
import type { DataRef, Hsm, TokenRef } from '../hsm/port.ts';
import type { CrashPoint } from '../workstation/crash-points.ts';

export class TokenAnchor {
  /** The values under the anchor's name as they were last seen; null where that is not certain. */
  #known: readonly Uint8Array[] | null = null;

  constructor(
    private readonly crypto: Crypto,
    private readonly crash: (point: CrashPoint) => void,
  ) {}

  /** Everything under the anchor's name, whoever put it there. */
  async read(hsm: Hsm, ref: DataRef): Promise<Result<readonly Uint8Array[]>> {
    this.#known = null;
    const values = await hsm.readData(ref);
    if (values.ok) this.#known = values.value;
    return values;
  }

  /** Puts a head in the place of all that are there. After a failure the next call looks at the token again. */
  async place(hsm: Hsm, ref: DataRef, value: Uint8Array, kind: AnchorKind): Promise<Result<null>> {
    const there = this.#known ? ok(this.#known) : await this.read(hsm, ref);
    if (!there.ok) return there;
    this.#known = null;
    // An earlier attempt may have got as far as this. A second object with one value could not be told from it.
    if (!there.value.some((one) => equal(one, value))) {
      const created = await hsm.createData({ ...ref, value, private: kind === 'private' });
      if (!created.ok) return created;
    }
    this.crash('anchor-after-create');
    for (const old of there.value.filter((one) => !equal(one, value))) {
      const destroyed = await hsm.destroyData({ ...ref, sha256: hex(this.crypto.sha256(old)) });
      if (!destroyed.ok) return destroyed;
    }
    this.crash('anchor-after-destroy');
    this.#known = [value];
    return ok(null);
  }
}

/** About as long as a signed head. */
const PROBE_BYTES = 300;

/**
 * Whether the token keeps data objects as an anchor needs them: two at a time under one name, told apart by their value,
 * each read back and destroyed alone. `failure` says why not; a lost host (`hsm-lost`) ends the probe.
 */
export async function probeAnchor(
  hsm: Hsm,
  token: TokenRef,
  crypto: Crypto,
): Promise<{ readonly kind: AnchorKind; readonly failure?: Failure }> {
  let failure: Failure | undefined;
  for (const kind of ['private', 'public'] as const) {
    const tried = await exercise(hsm, token, crypto, kind === 'private');
    if (tried.ok) return { kind };
    failure = tried.error;
    if (failure.code === 'hsm-lost') break;
  }
  return { kind: 'unavailable', ...(failure ? { failure } : {}) };
}

async function exercise(hsm: Hsm, token: TokenRef, crypto: Crypto, isPrivate: boolean): Promise<Result<null>> {
  const ref: DataRef = { token, label: PROBE_LABEL, application: hex(new Uint8Array(randomBytes(8))) };
  const values = [0, 1].map(() => concat(utf8('conclave probe\n'), new Uint8Array(randomBytes(PROBE_BYTES))));
  const done = await exerciseWith(hsm, ref, crypto, values, isPrivate);
  if (!done.ok && done.error.code !== 'hsm-lost') {
    // Whatever of the probe is still there goes; what cannot be removed is under a name that nothing looks for.
    for (const value of values) await hsm.destroyData({ ...ref, sha256: hex(crypto.sha256(value)) });
  }
  return done;
}

async function exerciseWith(
  hsm: Hsm,
  ref: DataRef,
  crypto: Crypto,
  values: readonly Uint8Array[],
  isPrivate: boolean,
): Promise<Result<null>> {
  for (const value of values) {
    const created = await hsm.createData({ ...ref, value, private: isPrivate });
    if (!created.ok) return created;
  }
  for (let left = values; ; left = left.slice(1)) {
    const seen = await hsm.readData(ref);
    if (!seen.ok) return seen;
    const same =
      seen.value.length === left.length && left.every((value) => seen.value.some((one) => equal(one, value)));
    if (!same)
      return fail({ code: 'hsm', message: 'The token does not keep data objects apart.', call: 'C_FindObjects' });
    const [first] = left;
    if (!first) return ok(null);
    const destroyed = await hsm.destroyData({ ...ref, sha256: hex(crypto.sha256(first)) });
    if (!destroyed.ok) return destroyed;
  }
}
