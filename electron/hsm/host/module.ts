/** Loads, describes and finalises the PKCS#11 library. */

import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';

import { Module } from 'graphene-pk11';

import type { ModuleInfo, ModuleWarning, OpenRequest } from '../port.ts';
import { call, type Context, failureOf, refuse } from './context.ts';
import { elfProblem } from './elf.ts';
import { RV, rvOf } from './rv.ts';

const CKF_OS_LOCKING_OK = 2;

function readLibrary(library: string): { readonly realPath: string; readonly file: Buffer } {
  const io = (message: string, hint: string): never => refuse({ code: 'io', call: 'dlopen', library, message, hint });
  try {
    const realPath = realpathSync(library);
    if (!statSync(realPath).isFile()) io('The library path is not a file.', 'Name the library file itself.');
    return { realPath, file: readFileSync(realPath) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      io('There is no library file at this path.', 'Check the path, and that the vendor’s software is installed.');
    }
    if (code === 'EACCES' || code === 'EPERM') {
      io('This user may not read the library file.', 'Give the user that runs the application permission to read it.');
    }
    throw error;
  }
}

/** Text that the proxies carry in their own file, which a changed file name does not hide. */
const SPY_TEXT = 'PKCS11SPY';
const KIT_TEXT = 'PKCS#11 Kit Proxy Module';

/** Files of this process's address space, to see a tracer that was loaded behind the library we named. */
function mappedFiles(): string {
  try {
    return readFileSync('/proc/self/maps', 'utf8');
  } catch {
    return ''; // Not Linux: the file name and its text must do.
  }
}

function warningsFor(realPath: string, file: Buffer, description: string): ModuleWarning[] {
  const warnings: ModuleWarning[] = [];
  const name = basename(realPath);
  if (/pkcs11-spy/.test(name) || file.includes(SPY_TEXT) || /\/[^\n]*pkcs11-spy[^\n]*\n/.test(mappedFiles())) {
    warnings.push({
      kind: 'pkcs11-spy',
      message: 'The library is, or loads, pkcs11-spy, which writes every call with its PIN in the clear.',
    });
  }
  if (/p11-kit-proxy|^libp11-kit/.test(name) || file.includes(KIT_TEXT) || description.includes('PKCS#11 Kit')) {
    warnings.push({
      kind: 'p11-kit-proxy',
      message: 'The library is the p11-kit proxy, which loads every module configured on this computer.',
    });
  }
  return warnings;
}

const versionText = (v: { readonly major: number; readonly minor: number }): string => `${v.major}.${v.minor}`;

export function openModule(request: OpenRequest): Context {
  const { library } = request;
  const { realPath, file } = readLibrary(library);
  if (process.platform === 'linux') {
    const problem = elfProblem(file, process.arch);
    if (problem !== null) {
      refuse({
        code: 'hsm',
        call: 'dlopen',
        library,
        message: problem,
        hint: 'Choose the PKCS#11 library the vendor supplies for this computer.',
      });
    }
  }
  const fileSha256 = createHash('sha256').update(file).digest('hex');
  if (request.env?.SOFTHSM2_CONF !== undefined) process.env['SOFTHSM2_CONF'] = request.env.SOFTHSM2_CONF;

  let module: Module;
  try {
    // After a failed load the binding keeps a handle without a function list and the next call on that object is a
    // segmentation fault. The object is local here, so a failure drops it.
    module = Module.load(library);
  } catch (error) {
    if (rvOf(error) !== null) throw failureOf('C_GetFunctionList', library, error);
    const text = error instanceof Error ? error.message : '';
    if (text.includes('C_GetFunctionList')) {
      refuse({
        code: 'hsm',
        call: 'C_GetFunctionList',
        library,
        message: 'The file is a shared library, but not a PKCS#11 library: it has no C_GetFunctionList.',
        hint: 'Choose the PKCS#11 library the vendor supplies.',
      });
    }
    const missing = /^([^\s:]+): cannot open shared object file/.exec(text)?.[1];
    refuse({
      code: 'hsm',
      call: 'dlopen',
      library,
      message:
        missing !== undefined && missing !== library
          ? `The library needs ${missing}, which is not installed.`
          : 'The system could not load the library.',
      hint: 'Install what the vendor’s software depends on, and check that the file is whole.',
    });
  }

  const { lib } = module;
  const context = { library };
  try {
    // Without flags the library is told that no locking is needed; some then fail or race in threads of their own.
    lib.C_Initialize({ flags: CKF_OS_LOCKING_OK });
  } catch (error) {
    if (rvOf(error) !== RV.CRYPTOKI_ALREADY_INITIALIZED) throw failureOf('C_Initialize', library, error);
  }
  const info = call(context, 'C_GetInfo', () => lib.C_GetInfo());
  const description = padded(info.libraryDescription);
  const moduleInfo: ModuleInfo = {
    path: library,
    realPath,
    fileSha256,
    cryptokiVersion: versionText(info.cryptokiVersion),
    manufacturer: padded(info.manufacturerID),
    description,
    version: versionText(info.libraryVersion),
    flags: info.flags,
    warnings: warningsFor(realPath, file, description),
  };
  return { module, lib, library, info: moduleInfo, logins: new Map(), seen: null, calls: [] };
}

/** Text of a blank-padded field. Some libraries end it with a NUL instead, against the standard. */
export function padded(text: string): string {
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).trimEnd();
}

/** Logs out everywhere and finalises. Errors are passed over: the process ends next, and that is what counts. */
export function closeModule(context: Context): void {
  for (const login of context.logins.values()) {
    for (const step of [() => context.lib.C_Logout(login.session), () => context.lib.C_CloseSession(login.session)]) {
      try {
        step();
      } catch {
        // See above.
      }
    }
  }
  context.logins.clear();
  try {
    context.lib.C_Finalize();
  } catch {
    // See above.
  }
}
