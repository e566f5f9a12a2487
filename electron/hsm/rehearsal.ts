/**
 * The module of a rehearsal vault: SoftHSM2 with a configuration and token folder of its own. TEST ONLY: keys of a
 * software token lie in files that anyone with the PIN and the folder can use.
 */

import { accessSync, constants, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { fail, ok, type Result } from '../../core/result.ts';
import type { OpenRequest } from './port.ts';

/** Where distributions put the library. */
export const SOFTHSM_PATHS: readonly string[] = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/lib64/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];

export function findSoftHsm(paths: readonly string[] = SOFTHSM_PATHS): Result<string> {
  for (const path of paths) {
    try {
      accessSync(path, constants.R_OK);
      return ok(path);
    } catch {
      // Try the next.
    }
  }
  return fail({
    code: 'not-found',
    message: 'SoftHSM2, the software token of the rehearsal vault, is not installed on this computer.',
    hint: 'Install the package softhsm2, or choose the PKCS#11 library of another token.',
  });
}

/**
 * Makes the token folder and the configuration inside `folder` (absolute; made if missing) and returns what `open`
 * needs. Calling it again finds the same tokens. All of it is for the owner alone: mode 0700 and 0600.
 */
export function prepareRehearsal(folder: string, paths: readonly string[] = SOFTHSM_PATHS): Result<OpenRequest> {
  const library = findSoftHsm(paths);
  if (!library.ok) return library;
  if (!isAbsolute(folder) || /[\r\n]/.test(folder)) {
    return fail({ code: 'bad-input', message: 'The folder of the rehearsal vault must be an absolute path.' });
  }
  const tokens = join(folder, 'tokens');
  const configuration = join(folder, 'softhsm2.conf');
  try {
    mkdirSync(tokens, { recursive: true, mode: 0o700 });
    for (const path of [folder, tokens]) {
      if ((statSync(path).mode & 0o077) !== 0) {
        return fail({
          code: 'io',
          message: `The folder ${path} of the rehearsal vault is open to other users.`,
          hint: 'Remove the permissions of group and others (chmod 700), or choose another folder.',
        });
      }
    }
    // Log level ERROR: below it SoftHSM writes details of every call to the system's log.
    const text = `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n`;
    writeFileSync(configuration, text, { mode: 0o600 });
  } catch {
    return fail({
      code: 'io',
      message: `The folder ${folder} of the rehearsal vault cannot be written.`,
      hint: 'Check its permissions and the free space, or choose another folder.',
    });
  }
  return ok({ library: library.value, env: { SOFTHSM2_CONF: configuration } });
}
