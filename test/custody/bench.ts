/** Builds the credential host as the product does, and gives every test a medium of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'rolldown';
import type { Failure, Result } from '../../core/result.ts';
import { createCredentials } from '../../electron/custody/client.ts';
import type { CreatedCredential, Credentials } from '../../electron/custody/credential.ts';
import type { HostProcess, SpawnHost } from '../../electron/process/host-process.ts';
import { nodeHost } from '../../electron/process/node-host.ts';

/** Of scrypt, for tests that are about something else. */
export const LOW = 4;

export const PASSPHRASE = 'löwe correct horse battery staple';
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The value, or a test failure that says what came instead. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`expected a value, got ${JSON.stringify(result.error)}`);
  return result.value;
}

/** The failure, or a test failure. */
export function mustFail<T>(result: Result<T>): Failure {
  if (result.ok) throw new Error('expected a failure, got a value');
  return result.error;
}

export interface Bench {
  readonly folder: string;
  readonly entry: string;
  /** Every host that was started, and every message that came back from one. */
  readonly hosts: readonly HostProcess[];
  readonly heard: readonly unknown[];
  readonly credentials: Credentials;
  /** Makes a key file with PASSPHRASE. */
  create(fileName?: string, person?: string): Promise<CreatedCredential>;
  medium(): string;
  close(): void;
}

export async function bench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-custody-'));
  const entry = join(folder, 'credential-host.js');
  await build({
    input: resolve(import.meta.dirname, '../../electron/custody/host/main.ts'),
    platform: 'node',
    logLevel: 'silent',
    output: { file: entry, format: 'cjs', codeSplitting: false },
  });
  const hosts: HostProcess[] = [];
  const heard: unknown[] = [];
  const spawn: SpawnHost = () => {
    const host = nodeHost(entry)();
    hosts.push(host);
    host.onMessage((message) => heard.push(message));
    return host;
  };
  const credentials = createCredentials({ spawn, workFactor: LOW });
  const medium = () => mkdtempSync(join(folder, 'medium-'));
  return {
    folder,
    entry,
    hosts,
    heard,
    credentials,
    medium,
    async create(fileName = 'custodian-1.age', person = 'custodian-1 Ada Lovelace') {
      return must(await credentials.create({ folder: medium(), fileName, person, passphrase: bytes(PASSPHRASE) }));
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Whether the operating system still knows the process. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
