/** A passphrase from the terminal, without showing it, or the first line of what is piped in. */
import { Unusable } from '../unusable.ts';

const MAX_BYTES = 1_024;

/** In Unicode Normalization Form C, as Conclave takes it, so that the same words open the file from another keyboard. */
export async function readPassphrase(prompt: string): Promise<string> {
  const { stdin } = process;
  const text = stdin.isTTY ? await typed(prompt) : await piped();
  if (text === '') throw new Unusable('No passphrase was given.');
  return text.normalize('NFC');
}

async function piped(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_BYTES || text.includes('\n')) break;
  }
  return text.split('\n', 1)[0]!.replace(/\r$/, '');
}

/** What one key of a terminal does in raw mode: nothing is echoed, so even the length stays unseen. */
function typed(prompt: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(`${prompt}: `);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  return new Promise((resolve, reject) => {
    let text = '';
    const end = (settle: () => void) => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      settle();
    };
    const onData = (chunk: string) => {
      for (const key of chunk) {
        if (key === '\r' || key === '\n') {
          end(() => resolve(text));
          return;
        }
        if (key === '\u0003' || key === '\u0004') {
          end(() => reject(new Unusable('Interrupted. Nothing was signed.')));
          return;
        }
        if (key === '\u007f' || key === '\b') text = [...text].slice(0, -1).join('');
        else if (text.length < MAX_BYTES) text += key;
      }
    };
    stdin.on('data', onData);
  });
}
