/**
 * The credential host: a process that opens one key file for one request and ends. Passphrases and private keys exist
 * in the clear only here. JavaScript strings cannot be wiped; that the process ends is what forgets them.
 */
import { ownerPort } from '../../process/owner-port.ts';
import { serve } from './serve.ts';

/** For an owner that asks nothing, or does not end this process once it has its answer (milliseconds). */
const PATIENCE = { request: 30_000, end: 2_000 };

const owner = ownerPort();
if (owner === null) {
  process.exitCode = 1;
} else {
  const unasked = setTimeout(() => process.exit(1), PATIENCE.request);
  let asked = false;
  owner.onMessage((message) => {
    if (asked) return;
    asked = true;
    clearTimeout(unasked);
    void serve(message).then((answer) => {
      owner.postMessage(answer);
      // Not at once: an answer that is still in the channel would be lost. The owner ends this process when it has it.
      setTimeout(() => process.exit(0), PATIENCE.end);
    });
  });
}
