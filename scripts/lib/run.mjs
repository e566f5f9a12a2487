import { spawn, spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { root } from './paths.mjs';

/** A reason to stop that is told to the user in plain words, without a stack trace. */
export class Stop extends Error {
  /**
   * @param {string} message What happened, then what to do.
   * @param {number} [code] The exit code.
   */
  constructor(message, code = 1) {
    super(message);
    this.name = 'Stop';
    this.code = code;
  }
}

/**
 * Prints one line of progress. It goes to standard error, so that standard output stays a command's own result.
 * @param {string} line
 */
export function say(line) {
  process.stderr.write(`conclave: ${line}\n`);
}

/**
 * Runs a program to its end with its output passed through, and throws {@link Stop} when it fails.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{cwd?: string, env?: Record<string, string | undefined>, quiet?: boolean, failure?: string}} [options]
 *   `quiet` keeps the output back and shows it only when the program fails.
 */
export function run(program, args, options = {}) {
  const result = spawnSync(program, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    // Standard output of helpers is progress, not a result: both streams go to standard error.
    stdio: options.quiet === true ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (result.error === undefined && result.status === 0) return;
  if (options.quiet === true) process.stderr.write(`${result.stdout}${result.stderr}`);
  const cause = result.error?.message ?? (result.signal === null ? `exit code ${result.status}` : result.signal);
  throw new Stop(options.failure ?? `${program} ${args.join(' ')} failed (${cause}).`);
}

/**
 * Runs a program and returns what it printed, or `undefined` when it is missing or fails.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{cwd?: string, env?: Record<string, string | undefined>}} [options]
 * @returns {string | undefined}
 */
export function ask(program, args, options = {}) {
  const result = spawnSync(program, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return result.error === undefined && result.status === 0 ? result.stdout : undefined;
}

/**
 * Runs a program in the foreground with exactly the environment that is given, passes SIGINT and SIGTERM on, and
 * resolves with its exit code (143 for a program that a signal ended).
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{cwd?: string, env?: Record<string, string | undefined>}} [options]
 * @returns {Promise<number>}
 */
export function foreground(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? root,
      env: options.env ?? process.env,
      stdio: 'inherit',
    });
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => child.kill(signal);
    process.on('SIGINT', pass);
    process.on('SIGTERM', pass);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', pass);
      process.off('SIGTERM', pass);
      resolve(code ?? (signal === null ? 1 : 143));
    });
  });
}

/**
 * Runs `main` when the module at `url` is the program that Node was started with; a {@link Stop} becomes one plain
 * line and its exit code.
 * @param {string} url `import.meta.url` of the calling module.
 * @param {(args: string[]) => Promise<number> | number} main Returns the exit code.
 */
export async function program(url, main) {
  const entry = process.argv[1];
  if (entry === undefined || pathToFileURL(realpathSync(entry)).href !== url) return;
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    say(error.message);
    process.exitCode = error.code;
  }
}

/** True when this process is root. */
export const isRoot = () => process.getuid?.() === 0;
