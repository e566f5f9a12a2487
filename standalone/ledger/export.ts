/** `export`: the verified entries as JSON lines, for an archive or a security event system. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { fromUtf8, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { decodeDisclosure } from '../../core/ledger/disclosure.ts';
import { JOURNAL_FINDINGS } from '../../core/ledger/findings.ts';
import { SidecarReader } from '../../core/ledger/sidecar.ts';
import { journalFailure, JournalVerifier, type JournalFailure } from '../../core/ledger/verify-journal.ts';
import { ledgerAt } from './files.ts';

const BATCH = 1 << 16;

/**
 * Writes one line an entry, `{"leaf_hash":"...","entry":{...}}` with the entry's exact bytes; with `disclose` also
 * `"disclosed":{...}`, which holds names of people, serials and free text. It stops before the first line that is wrong
 * and answers what is wrong there.
 */
export async function exportJsonLines(
  crypto: Crypto,
  dir: string,
  out: Writable,
  disclose: boolean,
): Promise<{ entries: number; failure: JournalFailure | null }> {
  const source = ledgerAt(dir);
  const verifier = new JournalVerifier(crypto);
  const sidecar = new SidecarReader(crypto, source.disclosures());
  let pending = '';
  const flush = async () => {
    if (!out.write(pending)) await once(out, 'drain');
    pending = '';
  };
  let failure: JournalFailure | null = null;
  const lines = source.journal();
  for (let next = lines.next(); next.done !== true; next = lines.next()) {
    const { bytes, whole } = next.value;
    const line = whole ? verifier.push(bytes) : null;
    if (!line?.ok) {
      failure = line?.error ?? journalFailure('JOURNAL-17', null, `It has ${bytes.length} bytes.`);
      break;
    }
    const { entry, leaf, hash } = line.value;
    const encoded = sidecar.take(entry);
    if (sidecar.wrongAt !== null) {
      failure = { ...journalFailure('JOURNAL-12', sidecar.wrongAt), message: JOURNAL_FINDINGS['JOURNAL-12'] };
      break;
    }
    const words = Object.fromEntries(
      encoded.flatMap((text) => {
        const found = decodeDisclosure(text);
        return found === null ? [] : [[found.name, found.value]];
      }),
    );
    const disclosed = disclose && encoded.length > 0 ? `,"disclosed":${JSON.stringify(words)}` : '';
    pending += `{"leaf_hash":"${hex(hash)}","entry":${fromUtf8(leaf)!}${disclosed}}\n`;
    if (pending.length > BATCH) await flush();
  }
  await flush();
  return { entries: failure?.policy === 'JOURNAL-12' ? verifier.size - 1 : verifier.size, failure };
}
