/** Builds the HSM host for tests and makes tokens to run it on. */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { rolldown } from 'rolldown';

import type { Result } from '../../core/result.ts';
import { createHsm } from '../../electron/hsm/client.ts';
import { hostEnvironment } from '../../electron/hsm/environment.ts';
import { nodeHost } from '../../electron/process/node-host.ts';
import type { Hsm, OpenRequest, TemplateAttribute, TokenRef } from '../../electron/hsm/port.ts';
import { prepareRehearsal } from '../../electron/hsm/rehearsal.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const CACHE = join(ROOT, '.cache/test');

/** The bundled host. Named by the content of its sources, so a change is always built and nothing is built twice. */
export async function hostEntry(): Promise<string> {
  const hash = createHash('sha256');
  const folders = ['electron/hsm', 'electron/hsm/host', 'electron/process', 'core', 'core/inventory', 'core/json'];
  for (const folder of folders) {
    for (const name of readdirSync(join(ROOT, folder)).sort()) {
      if (name.endsWith('.ts')) hash.update(name).update(readFileSync(join(ROOT, folder, name)));
    }
  }
  const entry = join(CACHE, `hsm-host-${hash.digest('hex').slice(0, 16)}.mjs`);
  if (existsSync(entry)) return entry;
  const bundle = await rolldown({
    input: join(ROOT, 'electron/hsm/host/main.ts'),
    platform: 'node',
    external: ['graphene-pk11', 'pkcs11js'],
  });
  mkdirSync(CACHE, { recursive: true });
  // Written aside and renamed: two test files may build at the same time.
  const aside = mkdtempSync(join(CACHE, 'build-'));
  const file = join(aside, 'hsm-host.mjs');
  await bundle.write({ file, format: 'esm' });
  await bundle.close();
  renameSync(file, entry);
  rmSync(aside, { recursive: true });
  return entry;
}

/** The value, or a test failure that says what came instead. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`expected a value, got ${JSON.stringify(result.error)}`);
  return result.value;
}

/** The failure, or a test failure. */
export function mustFail<T>(result: Result<T>) {
  if (result.ok) throw new Error(`expected a failure, got ${JSON.stringify(result.value)}`);
  return result.error;
}

export interface Bench {
  readonly hsm: Hsm;
  readonly folder: string;
  readonly request: OpenRequest;
  /** What the host's environment is. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A host with an empty SoftHSM of its own, not opened yet. `envFor` is given the path of the SoftHSM library. */
export async function bench(
  env: Readonly<Record<string, string>> = {},
  envFor: (library: string) => Readonly<Record<string, string>> = () => ({}),
): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-hsm-'));
  const request = must(prepareRehearsal(folder));
  const all = { ...hostEnvironment(process.env), ...env, ...envFor(request.library) };
  const hsm = createHsm(nodeHost(await hostEntry(), all));
  return {
    hsm,
    folder,
    request,
    env: all,
    async close() {
      await hsm.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Vault {
  readonly token: TokenRef;
  readonly userPin: Uint8Array;
}

/** Initialises a token in the free slot and logs in to it. */
export async function makeVault(hsm: Hsm, label: string): Promise<Vault> {
  const slots = must(await hsm.slots());
  const free = slots.find((slot) => slot.token?.initialized === false);
  if (free === undefined) throw new Error('no uninitialised token');
  const { token, userPin } = must(await hsm.initRehearsalToken({ slot: free.id, label }));
  must(await hsm.login({ token, pin: userPin.slice() }));
  return { token, userPin };
}

const flag = (name: TemplateAttribute['name'], value: boolean): TemplateAttribute => ({ name, value });

/** All usage off but what is named. */
export const privateTemplate = (...usage: readonly TemplateAttribute['name'][]): TemplateAttribute[] => [
  flag('CKA_TOKEN', true),
  flag('CKA_PRIVATE', true),
  flag('CKA_SENSITIVE', true),
  flag('CKA_EXTRACTABLE', false),
  flag('CKA_COPYABLE', false),
  ...(['CKA_SIGN', 'CKA_SIGN_RECOVER', 'CKA_DECRYPT', 'CKA_UNWRAP', 'CKA_DERIVE'] as const).map((name) =>
    flag(name, usage.includes(name)),
  ),
];

export const publicTemplate = (...usage: readonly TemplateAttribute['name'][]): TemplateAttribute[] => [
  flag('CKA_TOKEN', true),
  flag('CKA_PRIVATE', true),
  ...(['CKA_VERIFY', 'CKA_VERIFY_RECOVER', 'CKA_ENCRYPT', 'CKA_WRAP', 'CKA_DERIVE'] as const).map((name) =>
    flag(name, usage.includes(name)),
  ),
];

/** A CKA_ID of 20 bytes that differs for each name. */
export const idOf = (name: string): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(name).digest().subarray(0, 20));
