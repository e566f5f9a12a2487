import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { elfProblem } from '../../electron/hsm/host/elf.ts';
import { type Bench, bench, must, mustFail } from './host.ts';

vi.setConfig({ testTimeout: 60_000 });

let b: Bench;
let folder: string;
beforeEach(async () => {
  b = await bench();
  folder = mkdtempSync(join(tmpdir(), 'conclave-library-'));
});
afterEach(async () => {
  await b.close();
  rmSync(folder, { recursive: true });
});

const file = (name: string, content: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** The first bytes of an ELF shared object for a machine, and nothing after them. */
function elfHeader(machine: number, bits: 32 | 64, type = 3): Buffer {
  const header = Buffer.alloc(4096);
  header.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, 1, 1]);
  header.writeUInt16LE(type, 16);
  header.writeUInt16LE(machine, 18);
  return header;
}

/** After the failure the same host still opens a good library: nothing was left half loaded. */
async function refusedAndAlive(library: string) {
  const failure = mustFail(await b.hsm.open({ library }));
  expect(failure.library).toBe(library);
  const { pid } = b.hsm.status();
  must(await b.hsm.open(b.request));
  expect(b.hsm.status().pid).toBe(pid);
  return failure;
}

test('a path without a file is explained', async () => {
  const failure = await refusedAndAlive(join(folder, 'missing.so'));
  expect(failure).toMatchObject({ code: 'io', call: 'dlopen', message: 'There is no library file at this path.' });
});

test('a folder in place of a file is explained', async () => {
  expect((await refusedAndAlive(folder)).message).toBe('The library path is not a file.');
});

test('a text file is no library', async () => {
  const failure = await refusedAndAlive(file('notes.so', 'this is not a library\n'.repeat(20)));
  expect(failure).toMatchObject({ code: 'hsm', call: 'dlopen' });
  expect(failure.message).toBe('The file is not a shared library (it has no ELF header).');
});

test('a library for another machine is named as such before it is loaded', async () => {
  const other = process.arch === 'x64' ? { machine: 183, name: 'ARM (64 bit)' } : { machine: 62, name: 'x86-64' };
  const failure = await refusedAndAlive(file('other.so', elfHeader(other.machine, 64)));
  expect(failure).toMatchObject({ code: 'hsm', call: 'dlopen' });
  expect(failure.message).toContain(`built for ${other.name}, 64-bit`);
});

test('a 32-bit library and a program are told apart from a loadable library', () => {
  expect(elfProblem(elfHeader(3, 32), 'x64')).toContain('x86 (32 bit)');
  expect(elfProblem(elfHeader(62, 64, 2), 'x64')).toBe('The file is an ELF file, but not a shared library.');
  expect(elfProblem(elfHeader(62, 64), 'x64')).toBeNull();
  expect(elfProblem(elfHeader(0x1234, 64), 'x64')).toContain('machine number 4660');
});

test('a truncated library of the right machine is refused by the loader, in words', async () => {
  const machine = process.arch === 'arm64' ? 183 : 62;
  const failure = await refusedAndAlive(file('short.so', elfHeader(machine, 64)));
  expect(failure).toMatchObject({ code: 'hsm', call: 'dlopen', message: 'The system could not load the library.' });
});

test('a shared library that is not PKCS#11 is named as such', async () => {
  const failure = await refusedAndAlive('/lib/x86_64-linux-gnu/libc.so.6');
  expect(failure).toMatchObject({ code: 'hsm', call: 'C_GetFunctionList' });
  expect(failure.message).toContain('not a PKCS#11 library');
});

test('a relative path is refused before anything is looked at', async () => {
  expect(mustFail(await b.hsm.open({ library: 'libsofthsm2.so' })).code).toBe('bad-input');
});

const SPY = '/usr/lib/x86_64-linux-gnu/pkcs11-spy.so';
const KIT = '/usr/lib/x86_64-linux-gnu/libp11-kit.so.0';

test.skipIf(!existsSync(SPY))('pkcs11-spy is recognised, also under another file name', async () => {
  const renamed = join(folder, 'vendor.so');
  copyFileSync(SPY, renamed);
  const spied = await bench({ PKCS11SPY: b.request.library, PKCS11SPY_OUTPUT: join(folder, 'spy.log') });
  const info = must(await spied.hsm.open({ ...spied.request, library: renamed }));
  expect(info.warnings.map((warning) => warning.kind)).toEqual(['pkcs11-spy']);
  await spied.close();
});

test.skipIf(!existsSync(KIT))('the p11-kit proxy is recognised', async () => {
  const info = must(await b.hsm.open({ library: KIT }));
  expect(info.warnings.map((warning) => warning.kind)).toEqual(['p11-kit-proxy']);
});
