/**
 * Entry of the HSM host process: an Electron utilityProcess in the application, a Node child process in tests and on
 * the command line. Out: `{ ready: true }` once, then one Reply for each request. In: `{ id, method, args }`.
 */

import { ownerPort } from '../../process/owner-port.ts';
import { createServer, wipeSecrets } from './serve.ts';

const answer = createServer();

// The owner is gone: close the module as at a regular end, so that no token is left logged in. Registered before the
// port, whose own listener ends the process.
process.once('disconnect', () => void answer({ id: 0, method: 'end', args: {} }));

const port = ownerPort();
if (port === null) {
  process.stderr.write('The HSM host is started by Conclave and does nothing on its own.\n');
  process.exitCode = 2;
} else {
  port.onMessage((message) => {
    const reply = answer(message);
    port.postMessage(reply);
    wipeSecrets(reply.result);
  });
  port.postMessage({ ready: true });
}
