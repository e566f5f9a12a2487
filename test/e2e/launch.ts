import { chmodSync, chownSync, lchownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';

/** The hand-over of scripts/lib/test-application.mjs, which describes each field. */
interface TestApplication {
  readonly launcher: string;
  readonly folder: string;
  readonly name: string;
  readonly user: { readonly name: string; readonly uid: number; readonly gid: number } | null;
  readonly env: Readonly<Record<string, string>>;
  readonly electron: string;
}

/** The packed test build that was prepared for this run. */
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
  /** Stands for the user's home and configuration folder; from {@link newFolder}, and kept between starts. */
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
  /** The application's data folder (Electron's `userData`), below `dataDir`. */
  readonly userData: string;
  /** Process id of the main process. */
  readonly pid: number;
  /** What the application has printed so far, standard output and standard error. */
  output(): string;
  /** Asks the application to quit and waits until it has. */
  close(): Promise<void>;
  /** Ends the main process as `kill -9` does and waits until it is gone. */
  kill(): Promise<void>;
}

/** Electron's data folder for the given `dataDir`, also before the first start. */
export const userDataOf = (dataDir: string): string => join(dataDir, testApplication().name);

/**
 * Starts the packed test build with its sandbox on, as an unprivileged user when this process is root.
 *
 * @throws When no window opens.
 */
export async function launchApp(options: LaunchOptions): Promise<LaunchedApp> {
  const { launcher, env } = testApplication();
  const { dataDir } = options;
  mkdirSync(dataDir, { recursive: true });
  giveToApplication(dataDir);
  const app = await _electron.launch({
    executablePath: launcher,
    args: [...(options.args ?? [])],
    cwd: '/',
    chromiumSandbox: true,
    // XDG Base Directory Specification: Electron derives userData from XDG_CONFIG_HOME.
    env: {
      ...env,
      HOME: dataDir,
      XDG_CONFIG_HOME: dataDir,
      XDG_CACHE_HOME: join(dataDir, '.cache'),
      XDG_DATA_HOME: join(dataDir, '.local'),
      ...options.env,
    },
  });
  const child = app.process();
  const pieces: string[] = [];
  child.stdout?.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  child.stderr?.on('data', (piece: Buffer) => pieces.push(piece.toString()));
  const gone = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
  const page = await app.firstWindow().catch(async (cause: unknown) => {
    child.kill('SIGKILL');
    await gone;
    throw new Error(`No window opened. The application printed:\n${pieces.join('')}`, { cause });
  });
  return {
    app,
    page,
    userData: userDataOf(dataDir),
    pid: child.pid ?? -1,
    output: () => pieces.join(''),
    close: async () => {
      await app.close();
      await gone;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
