/** What is on the token, as told by tools that share no code with the application: OpenSC and SoftHSM's own. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { findSoftHsm } from '../../electron/hsm/rehearsal.ts';
import { must, type Bench } from './bench.ts';

const LABEL = 'conclave-rehearsal';

type Where = Pick<Bench, 'root' | 'userPin'>;

const environment = ({ root }: Where) => ({
  ...process.env,
  SOFTHSM2_CONF: join(root, 'softhsm', 'softhsm2.conf'),
});

/** Runs OpenSC's pkcs11-tool, logged in to the vault's token. Throws where it exits with another code than 0. */
export function pkcs11Tool(where: Where, ...args: string[]): string {
  const module = must(findSoftHsm());
  const login = ['--module', module, '--token-label', LABEL, '--login', '--pin', where.userPin];
  return execFileSync('pkcs11-tool', [...login, ...args], {
    env: environment(where),
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
  /** CKA_EC_POINT in hex, of public EC keys. */
  readonly point: string;
}

/** The keys with a label. */
export function keysNamed(where: Where, label: string): TokenObject[] {
  const blocks = pkcs11Tool(where, '--list-objects').split(/^(?=\S)/m);
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
        point: line('EC_POINT'),
      },
    ];
  });
}

/** Names of SoftHSM's object files, one an object. */
export function objectFiles({ root }: Where): string[] {
  const tokens = join(root, 'softhsm', 'tokens');
  return readdirSync(tokens, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.object') && !name.endsWith('token.object'))
    .map((name) => join(tokens, name));
}

/** Class and boolean attributes of an object, as SoftHSM's own tool reads them from its file. */
export function attributesIn(file: string): Record<string, string> {
  const { stdout } = spawnSync('softhsm2-dump-file', [file], { encoding: 'utf8' });
  const out: Record<string, string> = {};
  for (const [, name, value] of stdout.matchAll(
    /(CKA_\w+)\n(?:[0-9a-f]{2} ?)+ +(?:boolean|unsigned long) attribute\n(?:[0-9a-f]{2} ?)+ +(\S+)/g,
  )) {
    out[name!] = value!;
  }
  return out;
}
