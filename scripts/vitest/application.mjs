import { handOver, prepareTestApplication } from '../lib/test-application.mjs';

/** For tests of the whole application: builds and packs both builds and starts a virtual display, once a run. */
export default async function setup() {
  // A run inside a run (a watcher, a script that prepared it) keeps what is there.
  return process.env[handOver] === undefined ? await prepareTestApplication({ release: true }) : undefined;
}
