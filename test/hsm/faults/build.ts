/** Builds the fault module from fault.c and the PKCS#11 header that the binding itself is compiled with. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');
const INCLUDES = join(ROOT, 'node_modules/pkcs11js/includes');
const SOURCE = join(import.meta.dirname, 'fault.c');
const CACHE = join(ROOT, '.cache/test');

/** One static wrapper for each function of the header that fault.c does not write out itself, and the function list that names them. */
function wrappers(header: string, source: string): string {
  const bare = header.replace(/\/\*[\s\S]*?\*\//g, '');
  const functions = [
    ...bare.matchAll(/CK_PKCS11_FUNCTION_INFO\((C_\w+)\)\s*#ifdef CK_NEED_ARG_LIST\s*\(([\s\S]*?)\);/g),
  ]
    .map(([, name, parameters]) => ({ name: name!, parameters: parameters!.replace(/\s+/g, ' ').trim() }))
    .filter(({ name }) => name !== 'C_GetFunctionList');
  const generated = functions.filter(({ name }) => !source.includes(`wrap_${name}(`));
  const lines = generated.map(({ name, parameters }) => {
    const names = parameters.split(',').map((parameter) => /(\w+)\s*$/.exec(parameter)![1]);
    return `static CK_RV wrap_${name}(${parameters}) { FORWARD(${name}, (${names.join(', ')})) }`;
  });
  const entries = functions.map(({ name }) => `  .${name} = wrap_${name},`);
  return [
    ...lines,
    'CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR out);',
    'static CK_FUNCTION_LIST wrappers = {',
    '  .C_GetFunctionList = C_GetFunctionList,',
    ...entries,
    '};\n',
  ].join('\n');
}

/** Path of the compiled module. Named by content, so it is built once. Needs gcc. */
export function faultModule(): string {
  const code = wrappers(readFileSync(join(INCLUDES, 'pkcs11/pkcs11f.h'), 'utf8'), readFileSync(SOURCE, 'utf8'));
  const hash = createHash('sha256').update(readFileSync(SOURCE)).update(code).digest('hex').slice(0, 16);
  const library = join(CACHE, `fault-${hash}.so`);
  if (existsSync(library)) return library;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, 'build-'));
  writeFileSync(join(folder, 'wrappers.inc'), code);
  const out = join(folder, 'fault.so');
  const flags = ['-std=gnu11', '-O1', '-Wall', '-Werror', '-fPIC', '-shared', '-fvisibility=hidden'];
  execFileSync('gcc', [...flags, `-I${INCLUDES}`, `-I${folder}`, '-o', out, SOURCE, '-ldl']);
  renameSync(out, library);
  rmSync(folder, { recursive: true });
  return library;
}
