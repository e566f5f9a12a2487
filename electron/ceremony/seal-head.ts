/**
 * Seals the ledger: signs its head with the log key in the token, verifies the signature outside it, keeps the signed
 * head on the token as a data object, and stores it as a checkpoint. In this order, so that the token is never behind a
 * checkpoint on disk.
 */
import { fromHex, hex, utf8 } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { algorithmNamed, keyKind } from '../../core/evidence/spki.ts';
import { ANCHOR_LABEL, judgeAnchor, readAnchors, type AnchorVerdict } from '../../core/ledger/anchor.ts';
import type { Act, EventOf } from '../../core/ledger/event.ts';
import { KeyId } from '../../core/ledger/fields.ts';
import { notesOf, type VerifierKey } from '../../core/ledger/note.ts';
import { keyIdOf } from '../../core/lifecycle/replay.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { refuse } from '../../core/rules.ts';
import * as v from 'valibot';
import type { DataRef, Hsm, TokenRef } from '../hsm/port.ts';
import { TokenAnchor } from '../ledger/anchor.ts';
import type { CrashPoint } from '../workstation/crash-points.ts';
import type { HsmSession } from './hsm-session.ts';
import type { Vault } from './vault.ts';

/** CKA_ID of a service key, from the intent that made it. Null where the ledger has none. */
export function serviceKeyId(vault: Vault, act: Act): Uint8Array | null {
  const made = vault.journal.find((entry) => entry.type === 'act.intent' && entry.data.act === act);
  const id = made && keyIdOf(hex(made.hash));
  return id !== undefined && v.is(KeyId, id) ? fromHex(id) : null;
}

export interface SealPorts {
  readonly crypto: Crypto;
  readonly session: HsmSession;
  /** Where a test ends the process. Does nothing in a release build. */
  readonly crash: (point: CrashPoint) => void;
}

export class Sealer {
  readonly #anchor: TokenAnchor;
  #ckaId: Uint8Array | null = null;

  constructor(
    private readonly vault: Vault,
    private readonly ports: SealPorts,
  ) {
    this.#anchor = new TokenAnchor(ports.crypto, ports.crash);
  }

  get #kept(): boolean {
    const { anchor } = this.vault.state;
    return anchor === 'private' || anchor === 'public';
  }

  get #token(): TokenRef {
    const { label, serial } = this.vault.state.hsm!;
    return { label, serial };
  }

  get #ref(): DataRef {
    return { token: this.#token, label: ANCHOR_LABEL, application: this.vault.origin };
  }

  /** Signs and keeps the head, where the newest checkpoint does not cover every entry already. */
  async seal(): Promise<Result<null>> {
    const { vault, ports } = this;
    const key = vault.logKey;
    const ckaId = (this.#ckaId ??= serviceKeyId(vault, 'log-key.generate'));
    if (!key || !ckaId) return fail({ code: 'ledger', message: 'This ledger has no log key.' });
    if (vault.sealed === vault.journal.size) return ok(null);
    const hsm = ports.session.use();
    if (!hsm.ok) return hsm;
    const head = await vault.signHead(key, (text) => this.#sign(hsm.value, key, ckaId, text));
    if (!head.ok) return head;
    ports.crash('head-after-sign');
    if (this.#kept) {
      const placed = await this.#anchor.place(hsm.value, this.#ref, utf8(head.value.note), vault.state.anchor!);
      if (!placed.ok) return placed;
    }
    // The name of the checkpoint may be lost in a power cut: the token has the head, and the next login seals again.
    const stored = await vault.storeHead(head.value, { last: !this.#kept });
    return stored.ok ? ok(null) : stored;
  }

  async #sign(hsm: Hsm, key: VerifierKey, ckaId: Uint8Array, text: Uint8Array): Promise<Result<Uint8Array>> {
    const kind = keyKind(key.spki);
    if (!kind) return refuse('SIGNATURE-1', 'The log key is not of a kind that this version knows.');
    const { signWith } = notesOf(kind);
    const signed = await hsm.sign({ token: this.#token, ckaId, algorithm: signWith, data: text });
    if (!signed.ok) return signed;
    const good = await this.ports.crypto.verify(algorithmNamed(signWith), key.spki, text, signed.value);
    return good ? signed : refuse('SIGNATURE-1', 'It was made by the log key.');
  }

  /**
   * Compares the ledger with the head on the token. Null where the token keeps none. Where the head is private, the token
   * must be logged in to. A `ledger` failure with an ANCHOR id ends the use of this ledger.
   */
  async check(at: 'start' | 'login'): Promise<Result<AnchorVerdict | null>> {
    const { vault, ports } = this;
    const key = vault.logKey;
    if (!this.#kept || !key) return ok(null);
    const hsm = await ports.session.ready();
    if (!hsm.ok) return hsm;
    const values = await this.#anchor.read(hsm.value, this.#ref);
    if (!values.ok) {
      if (values.error.code === 'not-found') vault.noteTokenAbsent();
      return values;
    }
    vault.tokenHeads = values.value;
    const found = await readAnchors(ports.crypto, values.value, key);
    const verdict = judgeAnchor(vault.onDisk(), found);
    vault.standing = verdict.ok
      ? { state: 'checked', at, verdict: verdict.value }
      : { state: 'refused', policy: verdict.error.policy, message: verdict.error.message };
    if (!verdict.ok || at === 'start' || values.value.length === 1) return verdict;
    // What a power cut left beside the newest head goes now: the next head may need none of it, or be cut off as well.
    const newest = found.anchors.find(({ size }) => size === verdict.value.size)!;
    const placed = await this.#anchor.place(hsm.value, this.#ref, utf8(newest.note), vault.state.anchor!);
    return placed.ok ? verdict : placed;
  }
}

/** What the head on the token said, as the login's entry has it. */
export const anchorData = (verdict: AnchorVerdict | null): Pick<EventOf<'session.opened'>['data'], 'anchor'> => {
  if (!verdict) return {};
  const { state, size, following, unsealed, foreign } = verdict;
  return {
    anchor: { state, size, following, ...(unsealed === null ? {} : { unsealed }), ...(foreign > 0 ? { foreign } : {}) },
  };
};
