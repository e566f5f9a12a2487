/** A custodian who signs whatever is put before them: approvals of any content, by their genuine enrolled key. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { base64, hex } from '../../core/bytes.ts';
import { bindingOf } from '../../core/ceremony/decide-approval.ts';
import { envelopeBytes, pae } from '../../core/evidence/dsse.ts';
import { jcsBytes } from '../../core/json/jcs.ts';
import { APPROVAL_TYPE, type Approval } from '../../core/quorum/approval.ts';
import { createCredentials } from '../../electron/custody/client.ts';
import { listKeyFiles } from '../../electron/custody/media.ts';
import { must, out, passphrase, type Bench } from './bench.ts';
import { nodeHost } from '../../electron/process/node-host.ts';

/** The approval that the application would ask a person to sign at this moment. */
export function approvalBy(bench: Bench, person: string, step = 'generate'): Approval {
  const { journal, state } = bench.vault;
  const { hsmSerial, ...bound } = bindingOf(state.open!, step)!;
  const now = bench.vault.facts([]).now;
  return {
    ...bound,
    hsm: { serial: hsmSerial },
    decision: 'approve',
    ledgerHead: { size: journal.size, root: hex(journal.root()) },
    custodian: person,
    nonce: base64(new Uint8Array(randomBytes(16))),
    time: new Date(now).toISOString(),
    expires: new Date(now + 3_600_000).toISOString(),
    signedOn: 'off-host',
  };
}

/** Signs with a person's key file, as an envelope. */
export async function signedBy(bench: Bench, person: string, approval: Approval): Promise<Uint8Array> {
  const { medium, key } = bench.vault.state.people.get(person)!;
  const [path] = must(await listKeyFiles(join(bench.folder.media, medium))).keyFiles;
  const payload = jcsBytes(approval);
  const credentials = createCredentials({ spawn: nodeHost(out('credential-host.js')) });
  const [signature] = must(
    await credentials.sign({
      credential: { kind: 'key-file', path: path! },
      passphrase: passphrase(),
      payloads: [pae(APPROVAL_TYPE, payload)],
      expectedKeyId: key,
    }),
  );
  return envelopeBytes({ payloadType: APPROVAL_TYPE, payload, keyid: key, signature: signature! });
}

/** Puts an approval forward that its custodian really signed, but for `change`. */
export async function submit(bench: Bench, person: string, change: Partial<Approval>, step?: string) {
  const approval = { ...approvalBy(bench, person, step), ...change };
  return bench.engine.submit(await signedBy(bench, person, approval));
}
