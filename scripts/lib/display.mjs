import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Stop, ask, run } from './run.mjs';

/**
 * A virtual display.
 * @typedef {object} Display
 * @property {{DISPLAY: string, XAUTHORITY: string}} env What its clients need.
 * @property {() => Promise<void>} close
 */

/**
 * Starts an X server on a virtual screen of its own with a number that is free, closed to the network, and open only
 * to who has its cookie.
 * @param {{uid: number, gid: number} | undefined} user Who else than this process shall read the cookie.
 * @param {string} [screen] Width, height and depth. Larger than the window: one as large as the screen is made smaller
 *   by Chromium, since it would look like full screen.
 * @returns {Promise<Display>}
 */
export async function virtualDisplay(user, screen = '1600x1000x24') {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-display-'));
  const cookie = randomBytes(16).toString('hex');
  const [serverAuth, clientAuth] = [join(folder, 'server'), join(folder, 'client')];
  // The server takes any cookie in its file, whatever display it was written for.
  run('xauth', ['-q', '-f', serverAuth, 'add', ':0', '.', cookie], { quiet: true });
  // The server ends with this process, whatever ends that.
  const server = spawn(
    'setpriv',
    [
      '--pdeathsig=TERM',
      '--',
      'Xvfb',
      '-displayfd',
      '3',
      '-screen',
      '0',
      screen,
      '-dpi',
      '96',
      '-nolisten',
      'tcp',
      '-noreset',
      '-auth',
      serverAuth,
    ],
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  );
  let complaint = '';
  server.stderr?.on('data', (/** @type {Buffer} */ piece) => {
    complaint += piece.toString();
  });
  const number = await new Promise((resolve, reject) => {
    let text = '';
    server.stdio[3]?.on('data', (/** @type {Buffer} */ piece) => {
      text += piece.toString();
      if (text.endsWith('\n')) resolve(text.trim());
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Stop(`the virtual display could not be started: ${complaint.trim()}`)));
  });
  run('xauth', ['-q', '-f', clientAuth, 'add', `:${number}`, '.', cookie], { quiet: true });
  if (user !== undefined) {
    chmodSync(folder, 0o711);
    chownSync(clientAuth, user.uid, user.gid);
  }
  const gone = new Promise((resolve) => server.once('exit', resolve));
  return {
    env: { DISPLAY: `:${number}`, XAUTHORITY: clientAuth },
    async close() {
      server.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Writes the cookie of the surrounding display to a file for another user.
 * @param {string} file
 * @param {{uid: number, gid: number}} user
 */
export function copyCookie(file, user) {
  const name = process.env['DISPLAY'];
  const known = name === undefined ? undefined : ask('xauth', ['-q', 'nextract', '-', name]);
  rmSync(file, { force: true });
  if (known === undefined || known.trim() === '') return undefined;
  run('xauth', ['-q', '-f', file, 'add', String(name), '.', known.trim().split(/\s+/).at(-1) ?? ''], { quiet: true });
  chownSync(file, user.uid, user.gid);
  return file;
}
