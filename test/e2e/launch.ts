import { spawn } from 'node:child_process';
import { chmodSync, chownSync, lchownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';

/** One packed application as it is started. */
export interface Packed {
  /** A program that starts it as the right user and passes its arguments on. */
  readonly launcher: string;
  readonly folder: string;
  readonly name: string;
}

/** The hand-over of scripts/lib/test-application.mjs, which describes each field. */
export interface TestApplication {
  readonly test: Packed;
  readonly release: Packed | null;
  readonly user: { readonly name: string; readonly uid: number; readonly gid: number } | null;
  readonly env: Readonly<Record<string, string>>;
  readonly electron: string;
}

/** What was packed and prepared for this run. */
export function testApplication(): TestApplication {
  const handed = process.env['CONCLAVE_TEST_APPLICATION'];
  if (handed === undefined) throw new Error('The test build was not prepared: run this through npm test or vitest.');
  return JSON.parse(handed) as TestApplication;
}

/** Gives a folder and all in it to the user that the application runs as; nothing to do when that is us. */
export function giveToApplication(path: string): void {
  const { user } = testApplication();
  if (user === null) return;
  const give = (each: string) => {
    lchownSync(each, user.uid, user.gid);
    if (lstatSync(each).isDirectory()) for (const name of readdirSync(each)) give(join(each, name));
  };
  give(path);
}

/**
 * Makes a fresh folder that the application's user owns and everybody who starts tests can read: for application data
 * and for what stands for a person's medium. Removing it is up to the caller.
 */
export function newFolder(label: string): string {
  const folder = mkdtempSync(join(tmpdir(), `conclave-${label}-`));
  const { user } = testApplication();
  if (user !== null) chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
  return folder;
}

/** How to start the application. */
export interface LaunchOptions {
  /** The application's data folder; from {@link newFolder}, and kept between starts. */
  readonly dataDir: string;
  /** Added to the application's environment, for example a crash point. */
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** The application, started. */
export interface LaunchedApp {
  readonly app: ElectronApplication;
  /** The first window. */
  readonly page: Page;
  /** Process id of the main process. */
  readonly pid: number;
  /** What the application has printed so far, standard output and standard error. */
  output(): string;
  /** Asks the application to quit and waits until it has; one that does not is killed, and this throws. */
  close(): Promise<void>;
  /** Ends the main process as `kill -9` does and waits until it is gone. */
  kill(): Promise<void>;
}

/** An application that has not quit by then hangs; it is killed so that the run goes on, and the close fails. */
const QUIT_LIMIT_MS = 30_000;

/** The first window, with its page loaded. */
async function firstPage(app: ElectronApplication): Promise<Page> {
  const page = await app.firstWindow();
  await page.waitForLoadState('load');
  return page;
}

/**
 * Starts the packed test build with its sandbox on, as an unprivileged user when this process is root.
 *
 * @throws When no window opens.
 */
export async function launchApp(options: LaunchOptions): Promise<LaunchedApp> {
  const { test, env } = testApplication();
  const { dataDir } = options;
  mkdirSync(dataDir, { recursive: true });
  giveToApplication(dataDir);
  const app = await _electron.launch({
    executablePath: test.launcher,
    args: [`--data-dir=${dataDir}`, ...(options.args ?? [])],
    cwd: '/',
    chromiumSandbox: true,
    env: { ...env, ...options.env },
  });
  const child = app.process();
  const pieces: string[] = [];
  child.stdout?.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  child.stderr?.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  const gone = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  const page = await firstPage(app).catch(async (cause: unknown) => {
    child.kill('SIGKILL');
    await gone;
    throw new Error(`No window opened. The application printed:\n${pieces.join('')}`, { cause });
  });
  return {
    app,
    page,
    pid: child.pid ?? -1,
    output: () => pieces.join(''),
    close: async () => {
      let quit = true;
      const limit = setTimeout(() => {
        quit = false;
        child.kill('SIGKILL');
      }, QUIT_LIMIT_MS);
      await app.close().catch(() => undefined);
      await gone;
      clearTimeout(limit);
      if (!quit) throw new Error(`The application did not quit. It printed:\n${pieces.join('')}`);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}

/** How a program ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/**
 * Runs the release build to its end, for example with `--self-check`: no driver can steer it. It is killed after the
 * given time, which is a failed run and no measurement.
 */
export function runRelease(options: LaunchOptions, limitMs = 60_000): Promise<Ended> {
  const { release, env } = testApplication();
  if (release === null) throw new Error('The release build was not prepared for this run.');
  mkdirSync(options.dataDir, { recursive: true });
  giveToApplication(options.dataDir);
  return new Promise((resolve, reject) => {
    const child = spawn(release.launcher, [`--data-dir=${options.dataDir}`, ...(options.args ?? [])], {
      cwd: '/',
      env: { ...env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const pieces: string[] = [];
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece.toString()));
    child.stderr.on('data', (piece: Buffer) => pieces.push(piece.toString()));
    const limit = setTimeout(() => child.kill('SIGKILL'), limitMs);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, output: pieces.join('') });
    });
  });
}
