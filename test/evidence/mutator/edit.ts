/** How a file inside a bundle is edited. Nothing here comes from the product. */
import type { Files } from './zip.ts';

export type Edit = (files: Files) => void;

export const edit = (files: Files, name: string, change: (text: string) => string): void => {
  const before = files.get(name)!.toString('utf8');
  const after = change(before);
  if (after === before) throw new Error(`the mutation did not change ${name}`);
  files.set(name, Buffer.from(after));
};

export function envelopeWith(files: Files, change: (envelope: Record<string, unknown>) => string): void {
  edit(files, 'statement.dsse.json', (text) => change(JSON.parse(text) as Record<string, unknown>));
}

/** The statement edited in both places where it stands, so that they agree and the signature is what is wrong. */
export function restate(files: Files, change: (text: string) => string): void {
  edit(files, 'statement.json', change);
  const payload = files.get('statement.json')!.toString('base64');
  envelopeWith(files, (envelope) => JSON.stringify({ ...envelope, payload }));
}
