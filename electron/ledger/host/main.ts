/** The ledger host: the process in which a ledger is verified and searched. It changes nothing of it. */
import { ownerPort } from '../../process/owner-port.ts';
import type { Request } from '../protocol.ts';
import { LedgerHost } from './serve.ts';

const owner = ownerPort();
if (owner === null) {
  process.exitCode = 1;
} else {
  const host = new LedgerHost((reply) => owner.postMessage(reply));
  owner.onMessage((message) => void host.answer(message as Request));
}
