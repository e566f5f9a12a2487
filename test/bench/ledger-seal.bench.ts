/**
 * Entries that are appended, sealed by the log key in the token and anchored on it, over the same three calls to the same
 * token by nobody else's code: sign a text, create a data object, destroy the one before.
 */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pkcs11 from 'pkcs11js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { keyKind } from '../../core/evidence/spki.ts';
import { ANCHOR_LABEL } from '../../core/ledger/anchor.ts';
import type { HsmSession } from '../../electron/ceremony/hsm-session.ts';
import { Sealer, serviceKeyId } from '../../electron/ceremony/seal-head.ts';
import { nodeCrypto as crypto } from '../../electron/crypto.ts';
import { findSoftHsm } from '../../electron/hsm/rehearsal.ts';
import { ok } from '../../core/result.ts';
import { Bench, must } from '../ceremony/bench.ts';
import { step } from '../ledger/entries.ts';
import { median, microseconds, over, say } from './measure.ts';

const BLOCKS = 20;
const BLOCK = 10;

/** A head as long as ours. */
const TEXT = Buffer.alloc(120, 'x');
const HEAD_BYTES = 300;

/** The token in this process, through the binding alone. Answers one round of the three calls. */
function rawToken(bench: Bench, ckaId: Uint8Array): { round: () => void; end: () => void } {
  process.env.SOFTHSM2_CONF = join(bench.root, 'softhsm', 'softhsm2.conf');
  const lib = new pkcs11.PKCS11();
  lib.load(must(findSoftHsm()));
  lib.C_Initialize();
  const { serial } = bench.vault.state.hsm!;
  const slot = lib.C_GetSlotList(true).find((one) => lib.C_GetTokenInfo(one).serialNumber.trim() === serial)!;
  const session = lib.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
  lib.C_Login(session, pkcs11.CKU_USER, bench.userPin);
  lib.C_FindObjectsInit(session, [
    { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_PRIVATE_KEY },
    { type: pkcs11.CKA_ID, value: Buffer.from(ckaId) },
  ]);
  const key = lib.C_FindObjects(session, 1)[0]!;
  lib.C_FindObjectsFinal(session);
  const { kind } = keyKind(bench.vault.logKey!.spki)!;
  const edwards = kind === 'ed25519';
  const data = edwards ? TEXT : createHash('sha256').update(TEXT).digest();
  const create = () =>
    lib.C_CreateObject(session, [
      { type: pkcs11.CKA_CLASS, value: pkcs11.CKO_DATA },
      { type: pkcs11.CKA_TOKEN, value: true },
      { type: pkcs11.CKA_PRIVATE, value: bench.vault.state.anchor === 'private' },
      { type: pkcs11.CKA_LABEL, value: 'bench' },
      { type: pkcs11.CKA_APPLICATION, value: 'bench' },
      { type: pkcs11.CKA_VALUE, value: randomBytes(HEAD_BYTES) },
    ]);
  let object = create();
  return {
    round() {
      // CKM_EDDSA has no name in the binding.
      lib.C_SignInit(session, { mechanism: edwards ? 0x1057 : pkcs11.CKM_ECDSA }, key);
      lib.C_Sign(session, data, Buffer.alloc(512));
      const next = create();
      lib.C_DestroyObject(session, object);
      object = next;
    },
    end() {
      lib.C_DestroyObject(session, object);
      lib.C_Finalize();
      lib.close();
    },
  };
}

describe('signed and anchored appends on a software token', () => {
  it("over the token's own sign, create and destroy", async () => {
    const bench = await Bench.start();
    onTestFinished(() => bench.close());
    await bench.setUp();
    must(await bench.freeze());
    await bench.runTo('generate');
    if (bench.view.status.hsm.state !== 'logged-in') must(await bench.login());
    const { vault } = bench;
    const session = { use: () => ok(bench.hsm!) } as unknown as HsmSession;
    const sealer = new Sealer(vault, { crypto, session, crash: () => undefined });
    const raw = rawToken(bench, serviceKeyId(vault, 'log-key.generate')!);
    const ours: number[] = [];
    const theirs: number[] = [];
    const size = vault.journal.size;
    // In turns, so that whatever else the machine does falls on both.
    for (let block = 0; block < BLOCKS; block++) {
      for (let n = 0; n < BLOCK; n++) theirs.push(microseconds(() => raw.round()));
      for (let n = 0; n < BLOCK; n++) {
        const begin = process.hrtime.bigint();
        const entry = step(block * BLOCK + n);
        must(await vault.journal.append([{ ...entry, ceremony: vault.state.open!.id }]));
        must(await sealer.seal());
        ours.push(Number(process.hrtime.bigint() - begin) / 1e3);
      }
    }
    raw.end();
    expect(vault.sealed).toBe(size + BLOCKS * BLOCK);
    const { label, serial } = vault.state.hsm!;
    const kept = must(
      await bench.hsm!.readData({ token: { label, serial }, label: ANCHOR_LABEL, application: vault.origin }),
    );
    expect(kept.map((value) => new TextDecoder().decode(value))).toEqual([vault.journal.latestCheckpoint()!.note]);
    say(
      `signed and anchored appends: ${(1e6 / median(ours)).toFixed(0)} a second by the median ` +
        `(${(median(ours) / 1000).toFixed(1)} ms), ${over(theirs, ours)} of the token's own calls ` +
        `(${(median(theirs) / 1000).toFixed(1)} ms; aim 0.8)`,
    );
  });
});
