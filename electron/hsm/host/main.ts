/**
 * Entry of the HSM host process. The same protocol in both homes: an Electron utilityProcess talks through
 * `process.parentPort`, a Node child process through its IPC channel with advanced serialization.
 *
 * Out: `{ ready: true }` once, then one Reply for each request. In: `{ id, method, args }`.
 */

import { createServer, type Reply } from './serve.ts';

interface ParentPort {
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
  postMessage(message: unknown): void;
}

const { parentPort } = process as typeof process & { readonly parentPort?: ParentPort };
const answer = createServer();

if (parentPort) {
  parentPort.on('message', ({ data }) => parentPort.postMessage(answer(data)));
  parentPort.postMessage({ ready: true });
} else if (process.send) {
  const send = process.send.bind(process) as (message: Reply | { ready: true }) => boolean;
  process.on('message', (message) => void send(answer(message)));
  // The parent is gone: close the module as at a regular end, so that the token is not left logged in.
  process.on('disconnect', () => {
    answer({ id: 0, method: 'end', args: {} });
    process.exit(0);
  });
  send({ ready: true });
} else {
  process.stderr.write('The HSM host is started by Conclave and does nothing on its own.\n');
  process.exit(2);
}
