/**
 * A process that appends until it is killed. It prints a sequence number and leaf hash only after the entry was
 * acknowledged. Run by lock.test.ts, bundled, as `node append-loop.mjs DIR`.
 */
import { writeSync } from 'node:fs';
import { hex } from '../../core/bytes.ts';
import { nodeCrypto } from '../../electron/crypto.ts';
import { openJournal } from '../../electron/ledger/journal.ts';
import { sample } from './entries.ts';

const opened = await openJournal(process.argv[2]!, { crypto: nodeCrypto, environment: 'rehearsal' });
if (!opened.ok) {
  writeSync(1, `refused ${opened.error.policy ?? opened.error.message}\n`);
  process.exit(3);
}
const journal = opened.value;
writeSync(1, 'open\n');
for (;;) {
  const previous = journal.entries(journal.size - 1)[0]?.hash;
  const appended = await journal.append([sample(journal.size, previous)]);
  if (!appended.ok) throw new Error(appended.error.message);
  for (const { entry, hash } of appended.value) writeSync(1, `${entry.seq} ${hex(hash)}\n`);
}
