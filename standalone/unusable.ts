/** What every tool here does with a command that cannot be used, a small file, and its own end. */
import { readFileSync, statSync } from 'node:fs';

/** The command or a file cannot be used; nothing was done. */
export class Unusable extends Error {}

export const why = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

/** A small file as a whole. */
export function readSmall(path: string, limit = 1_000_000): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > limit) throw new Unusable(`${path} is larger than ${limit} bytes.`);
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (error instanceof Unusable) throw error;
    throw new Unusable(`${path} cannot be read (${why(error)}).`);
  }
}

/** Writes and waits until it is taken, so that a long report is never cut by the end of the process. */
export const print = (text: string): Promise<void> =>
  new Promise((resolve) => process.stdout.write(text, () => resolve()));

/** Runs a tool to its exit code: 2 where nothing could be done. */
export function runTool(main: () => Promise<number>, usage: string): void {
  // Whoever reads the output may stop reading, as head does; that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));
  main().then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      const plain = error instanceof Unusable || (error as NodeJS.ErrnoException).code !== undefined;
      const message = plain ? (error as Error).message : `A defect of this tool: ${String(error)}`;
      process.stderr.write(`${message}\n\n${error instanceof Unusable ? usage : ''}`);
      process.exitCode = 2;
    },
  );
}
