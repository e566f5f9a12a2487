import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { variants } from '../dist.mjs';
import { describeRuntime } from '../electron-runtime.mjs';
import { applicationCommand, applicationEnv, prepareApplication } from './application.mjs';
import { virtualDisplay } from './display.mjs';
import { say } from './run.mjs';

/**
 * What `test/e2e/launch.ts` needs to start the test build, handed over as JSON in the environment variable
 * `CONCLAVE_TEST_APPLICATION`, since it crosses from the starting process to the workers that run the tests.
 * @typedef {object} TestApplication
 * @property {string} launcher A program that starts the test build as the right user and passes its arguments on.
 * @property {string} folder The packed test build, as it is started.
 * @property {string} name The application's name, after which Electron names its data folder.
 * @property {{name: string, uid: number, gid: number} | null} user Who it runs as, null for the starter itself.
 * @property {Record<string, string>} env Its whole environment.
 * @property {string} electron The version of the runtime.
 */

/** Name of the environment variable. */
export const handOver = 'CONCLAVE_TEST_APPLICATION';

/**
 * Prepares the test build and a virtual display, and hands both over to what is started next.
 * @returns {Promise<() => Promise<void>>} Ends the display and takes the hand-over back.
 */
export async function prepareTestApplication() {
  const application = await prepareApplication(variants.test);
  const { user, folder, runtime } = application;
  const display = await virtualDisplay(user);
  const place = mkdtempSync(join(tmpdir(), 'conclave-launcher-'));
  const launcher = join(place, 'conclave-test');
  const command = applicationCommand(application, []).map(quoted).join(' ');
  // Playwright starts one program and ends its process group; `exec` keeps that one process.
  writeFileSync(launcher, `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(launcher, 0o755);
  /** @type {TestApplication} */
  const handed = {
    launcher,
    folder,
    name: variants.test.name,
    user: user === undefined ? null : { name: user.name, uid: user.uid, gid: user.gid },
    env: { ...applicationEnv(application), ...display.env },
    electron: runtime.version,
  };
  process.env[handOver] = JSON.stringify(handed);
  say(`the test build runs with ${describeRuntime(runtime)}`);
  return async () => {
    Reflect.deleteProperty(process.env, handOver);
    rmSync(place, { recursive: true, force: true });
    await display.close();
  };
}

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
