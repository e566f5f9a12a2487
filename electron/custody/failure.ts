/** The failures of this room (their ids are listed in credential.ts). None ever carries a passphrase or key. */
import { groups } from '../../core/bytes.ts';
import type { Failure, Result } from '../../core/result.ts';
import { fail } from '../../core/result.ts';

type CredentialRule = `CRED-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;

export const refuse = (policy: CredentialRule, message: string, hint?: string): Result<never> =>
  fail({ code: 'credential', policy, message, ...(hint === undefined ? {} : { hint }) });

export const wrongPassphrase = () =>
  refuse(
    'CRED-1',
    'This passphrase does not open the key file.',
    'Type it again; look at capitals and the keyboard layout. There is no limit of tries, and no way around it.',
  );

export const notAKeyFile = (why: string) =>
  refuse(
    'CRED-2',
    `This is not a usable Conclave key file: ${why}.`,
    'Choose the key file that was made at enrolment.',
  );

export const otherPerson = (expected: string, found: string, where: 'file' | 'card' = 'file') =>
  refuse(
    'CRED-3',
    `The key ${where === 'card' ? 'on this card' : 'in this file'} is not the one expected here. Expected fingerprint: ${spoken(expected)}. Found: ${spoken(found)}.`,
    `Insert the ${where === 'card' ? 'card' : 'medium'} of the person who is to sign.`,
  );

const spoken = (keyId: string) => groups(keyId).join(' ');

/** Why the operating system refused, in words. `what` names the thing for people, such as `key file`. */
export function fromSystem(error: unknown, what: string): Result<never> {
  const code = systemCode(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENODEV':
    case 'ENXIO':
    case 'ENOMEDIUM':
      return refuse(
        'CRED-4',
        `The ${what} is not there.`,
        'Insert the medium, wait until it is mounted, and try again.',
      );
    case 'EEXIST':
      return refuse(
        'CRED-6',
        `A ${what} of that name is there already. Nothing was overwritten.`,
        'Choose another name, or another medium.',
      );
    case 'ELOOP':
      return refuse('CRED-7', `The ${what} is a symbolic link, which is not followed.`);
    case 'EISDIR':
      return refuse('CRED-7', `The ${what} is a folder.`);
    case 'EACCES':
    case 'EPERM':
      return refuse(
        'CRED-7',
        `The operating system does not permit the access to the ${what} (${code}).`,
        'Look at the owner and the permissions of the medium.',
      );
    case 'EROFS':
      return io(`The medium of the ${what} is read-only.`, 'Release its write protection, or use another medium.');
    case 'ENOSPC':
    case 'EDQUOT':
      return io(`There is no room left for the ${what}.`, 'Use an empty medium.');
    default:
      return io(`The ${what} could not be read or written (${code ?? 'unknown error'}).`, 'Try another medium.');
  }
}

const io = (message: string, hint: string): Result<never> => fail({ code: 'io', message, hint } satisfies Failure);

export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}
