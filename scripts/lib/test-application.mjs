import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../build.mjs';
import { variants } from '../dist.mjs';
import { describeRuntime } from '../electron-runtime.mjs';
import { applicationCommand, applicationEnv, prepareApplication } from './application.mjs';
import { virtualDisplay } from './display.mjs';
import { say } from './run.mjs';

/**
 * One packed application as it is started.
 * @typedef {object} Packed
 * @property {string} launcher A program that starts it as the right user and passes its arguments on.
 * @property {string} folder Where it lies.
 * @property {string} name Its name, by which an application knows whether it is the test build.
 */

/**
 * What `test/e2e/launch.ts` needs to start the test build, handed over as JSON in the environment variable
 * `CONCLAVE_TEST_APPLICATION`, since it crosses from the starting process to the workers that run the tests.
 * @typedef {object} TestApplication
 * @property {Packed} test The test build.
 * @property {Packed | null} release The release build, which most runs do not need.
 * @property {{name: string, uid: number, gid: number} | null} user Who it runs as, null for the starter itself.
 * @property {Record<string, string>} env Its whole environment.
 * @property {string} electron The version of the runtime.
 */

/** Name of the environment variable. */
export const handOver = 'CONCLAVE_TEST_APPLICATION';

/**
 * Builds, prepares the test build and a virtual display, and hands both over to what is started next.
 * @param {{release?: boolean}} [options] `release` prepares the release build, too.
 * @returns {Promise<() => Promise<void>>} Ends the display and takes the hand-over back.
 */
export async function prepareTestApplication(options = {}) {
  await build();
  const application = await prepareApplication(variants.test);
  const { user, runtime } = application;
  const release = options.release === true ? await prepareApplication(variants.release) : undefined;
  const display = await virtualDisplay(user);
  const place = mkdtempSync(join(tmpdir(), 'conclave-launcher-'));
  // A home of its own, so that nothing of a person's settings or earlier runs reaches a test.
  const home = join(place, 'home');
  mkdirSync(home, { mode: 0o700 });
  if (user !== undefined) {
    chmodSync(place, 0o711);
    chownSync(home, user.uid, user.gid);
  }
  /** @type {TestApplication} */
  const handed = {
    test: packed(application, variants.test, place),
    release: release === undefined ? null : packed(release, variants.release, place),
    user: user === undefined ? null : { name: user.name, uid: user.uid, gid: user.gid },
    env: { ...applicationEnv(application), ...display.env, HOME: home, XDG_CONFIG_HOME: '', XDG_DATA_HOME: '' },
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

/**
 * Writes the launcher of one build. Playwright starts one program and ends its process group; `exec` keeps that one.
 * @param {import('./application.mjs').Application} application
 * @param {import('../dist.mjs').Variant} variant
 * @param {string} place
 * @returns {Packed}
 */
function packed(application, { name, executable }, place) {
  const launcher = join(place, executable);
  const command = applicationCommand(application, []).map(quoted).join(' ');
  writeFileSync(launcher, `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(launcher, 0o755);
  return { launcher, folder: application.folder, name };
}

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
