import { build } from '../build.mjs';
import { Stop, say } from '../lib/run.mjs';

/**
 * For tests that start a bundled process under Node.js: builds the hosts and the verifier if their sources changed.
 * A bundle that cannot be built is reported, and the tests that start it fail; the other tests still run.
 */
export default async function setup() {
  try {
    await build({
      only: [
        'HSM host',
        'credential host',
        'ledger host',
        'verifier',
        'ledger tool',
        'witness tool',
        'PKCS#11 binding',
        'SQLite',
      ],
    });
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
  }
}
