/** What is on the token, as told by tools that share no code with the application: OpenSC and SoftHSM's own. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { findSoftHsm } from '../../electron/hsm/rehearsal.ts';
import { must, type Bench } from './bench.ts';

export const LABEL = 'conclave-rehearsal';

export const environment = (bench: Pick<Bench, 'root'>) => ({
  ...process.env,
  SOFTHSM2_CONF: join(bench.root, 'softhsm', 'softhsm2.conf'),
});

/** Runs OpenSC's pkcs11-tool, logged in to the vault's token. Throws where it exits with another code than 0. */
export function pkcs11Tool(bench: Pick<Bench, 'root' | 'userPin'>, ...args: string[]): string {
  const module = must(findSoftHsm());
  const login = ['--module', module, '--token-label', LABEL, '--login', '--pin', bench.userPin];
  return execFileSync('pkcs11-tool', [...login, ...args], {
    env: environment(bench),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export interface TokenObject {
  readonly kind: 'private' | 'public';
  readonly label: string;
  readonly id: string;
  readonly usage: string;
  readonly access: string;
}

/** The keys with a label. */
export function keysNamed(bench: Pick<Bench, 'root' | 'userPin'>, label: string): TokenObject[] {
  const blocks = pkcs11Tool(bench, '--list-objects').split(/^(?=\S)/m);
  return blocks.flatMap((block): TokenObject[] => {
    const kind = /^(Private|Public) Key Object/.exec(block)?.[1];
    const line = (name: string) => new RegExp(`^ +${name}: +(.*)$`, 'm').exec(block)?.[1]?.trim() ?? '';
    if (kind === undefined || line('label') !== label) return [];
    return [
      {
        kind: kind === 'Private' ? 'private' : 'public',
        label,
        id: line('ID'),
        usage: line('Usage'),
        access: line('Access'),
      },
    ];
  });
}

/**
 * The boolean attributes of every object with this CKA_ID, read from SoftHSM's own files. SoftHSM encrypts byte strings
 * of private objects, so the objects are found by the label's absence of meaning: by key class and the file's order.
 */
export function objectFiles(bench: Pick<Bench, 'root'>): Record<string, string>[] {
  const tokens = join(bench.root, 'softhsm', 'tokens');
  const files = readdirSync(tokens, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.object') && !name.endsWith('token.object'),
  );
  return files.map((name) => {
    const text = execFileSync('softhsm2-dump-file', [join(tokens, name)], { encoding: 'utf8' });
    return { file: name, text };
  });
}
