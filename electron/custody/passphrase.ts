/**
 * The rule for the passphrase of a new key file. It is a rule of length and spelling and nothing more: no program can
 * tell a sentence someone could guess from one nobody could. What protects a key file is that the passphrase was chosen
 * at random (five words drawn from a list of 7776 give 64 bits, six give 77), and the enrolment sheet says so.
 */
import { fromUtf8 } from '../../core/bytes.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { refuse } from './failure.ts';

/** Unicode code points. */
export const MIN_PASSPHRASE = 12;
export const MAX_PASSPHRASE_BYTES = 256;

/**
 * The passphrase as text in Unicode Normalization Form C, so that the same words open the file from another keyboard.
 * The bytes are zeroed; the string cannot be, and ends with the process.
 */
export function passphraseText(bytes: Uint8Array): Result<string> {
  const text = bytes.length > MAX_PASSPHRASE_BYTES ? null : fromUtf8(bytes);
  bytes.fill(0);
  return text === null
    ? fail({ code: 'bad-input', message: `A passphrase is at most ${MAX_PASSPHRASE_BYTES} bytes of UTF-8 text.` })
    : ok(text.normalize('NFC'));
}

/** `CRED-5` unless a new key file may have this passphrase. */
export function checkNewPassphrase(text: string): Result<null> {
  if ([...text].length < MIN_PASSPHRASE) {
    return refuse(
      'CRED-5',
      `The passphrase is shorter than ${MIN_PASSPHRASE} characters.`,
      'Draw five or six words at random, with dice or from the sheet.',
    );
  }
  if (/\p{C}/u.test(text)) {
    return refuse(
      'CRED-5',
      'The passphrase has a character that cannot be seen or typed, such as a tab or a line end.',
    );
  }
  if (text !== text.trim()) return refuse('CRED-5', 'The passphrase begins or ends with a space.');
  return ok(null);
}
