/** The privileged process: puts the parts together and holds no rule of its own. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { app, BrowserWindow, dialog, ipcMain } from 'electron';
import { ok, type Result } from '../core/result.ts';
import type { Application, ApplicationPorts } from './application-ports.ts';
import { startApplication } from './application.ts';
import { nodeCrypto } from './crypto.ts';
import { createCredentials } from './custody/client.ts';
import { createHsm } from './hsm/client.ts';
import { CHANGED } from './ipc/channels.ts';
import { serve } from './ipc/serve.ts';
import { systemClock } from './ledger/clock.ts';
import { credentialProcess, utilityHost } from './window/credential-process.ts';
import { chooseFile } from './window/dialogs.ts';
import { readFileList } from './window/file-list.ts';
import { hsmProcess } from './window/hsm-process.ts';
import { isFixed } from './window/installation.ts';
import { keepAwake } from './window/keep-awake.ts';
import { lockDown, refuseToStart } from './window/lock-down.ts';
import { bringToFront, loadMainWindow, makeMainWindow } from './window/main-window.ts';
import { makePrinter } from './window/print.ts';
import { selfCheck } from './window/self-check.ts';
import { crashPoints, killSelf } from './workstation/crash-points.ts';
import { chooseDataFolder, openDataFolder, type DataFolder } from './workstation/data-folder.ts';
import { openLog } from './workstation/log.ts';
import { readSoftware } from './workstation/software.ts';

/** The name that the test build is packed under; what only it may do hangs on this and nothing else. */
const TEST_BUILD = 'Conclave Test';

const argv = process.argv.slice(1);
const testBuild = app.getName() === TEST_BUILD;
const checking = argv.includes('--self-check');

let leaving = false;
let failed = false;

/** A person who clicked on an icon sees no terminal, so what ends the start is said in both places. */
function giveUp(message: string): void {
  // What was still being started when a person closed the window is no failure to tell them of.
  if (leaving) return;
  failed = true;
  process.stderr.write(`${message}\n`);
  if (checking || !app.isReady()) return app.exit(1);
  for (const window of BrowserWindow.getAllWindows()) window.destroy();
  // Unlike showErrorBox, this one lets the process be ended by a signal meanwhile.
  void dialog.showMessageBox({ type: 'error', title: app.getName(), message }).finally(() => app.exit(1));
}

function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { message, hint } = result.error;
  throw new Error(hint === undefined ? message : `${message} ${hint}`);
}

function dataFolder(): Result<DataFolder> {
  const root = checking
    ? ok(mkdtempSync(join(tmpdir(), 'conclave-self-check-')))
    : chooseDataFolder(argv, process.env, homedir());
  return root.ok ? openDataFolder(root.value) : root;
}

async function start(folder: DataFolder): Promise<void> {
  const log = openLog(folder.log);
  const at = (...path: string[]) => join(app.getAppPath(), ...path);
  const software = unwrap(await readSoftware(app.getVersion(), at('manifest.json')));
  const files = await readFileList(at());
  const startHsm = () => createHsm(hsmProcess(at('electron', 'hsm-host.js')));
  const credentials = createCredentials({ spawn: credentialProcess(at('electron', 'credential-host.js')), startHsm });
  const window = makeMainWindow({
    title: app.getName(),
    preload: at('electron', 'preload.cjs'),
    files,
    onDefect: (name) => void log.write({ code: 'internal', where: name }),
    hidden: checking,
  });
  const awake = keepAwake();
  const printToPdf = makePrinter(files, log);
  const ports: ApplicationPorts = {
    folder,
    software: {
      ...software,
      name: app.getName(),
      testBuild,
      mayArm: !testBuild && isFixed(process.execPath, process.resourcesPath),
    },
    crypto: nodeCrypto,
    clock: systemClock(),
    random: (bytes) => new Uint8Array(randomBytes(bytes)),
    startHsm,
    credentials,
    ledgerHost: utilityHost(at('electron', 'ledger-host.js'), 'Conclave ledger host'),
    sqliteWasm: at('electron', 'sql-wasm.wasm'),
    log,
    crash: crashPoints({ testBuild, env: process.env, kill: killSelf }),
    chooseFile: (title, extensions) => chooseFile(window, title, extensions),
    printToPdf,
    changed: (view) => {
      if (!window.isDestroyed()) window.webContents.send(CHANGED, view);
      awake(view.ceremony?.outcome === 'open');
    },
  };
  const application = startApplication(ports);
  quitInOrder(application);
  serve(ipcMain, { application, log, knows: (sender) => !window.isDestroyed() && sender === window.webContents });
  if (!checking) {
    app.on('second-instance', () => bringToFront(window));
    // A window that a person closed meanwhile ends the application in its own way.
    if ((await loadMainWindow(window)) === 'not sandboxed')
      throw new Error('The window has no sandbox. Conclave does not run without it.');
    return;
  }
  await application.begun;
  const manifestPath = at('manifest.json');
  const { version } = software;
  const report = await selfCheck({
    version,
    manifestPath,
    window,
    startHsm,
    credentials,
    printToPdf,
    folder: folder.media,
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
  await application.shutdown();
  rmSync(folder.root, { recursive: true, force: true });
  app.exit(report.selfCheck === 'passed' ? 0 : 1);
}

/** The HSM host is ended and the ledger closed before the process goes. */
function quitInOrder(application: Application): void {
  let closing = false;
  app.on('will-quit', (event) => {
    event.preventDefault();
    if (closing) return;
    closing = true;
    void application.shutdown().then(
      () => app.exit(failed ? 1 : 0),
      () => app.exit(1),
    );
  });
}

function run(): void {
  const refusal = refuseToStart(argv, testBuild);
  if (refusal !== null) return giveUp(refusal);
  lockDown();
  const folder = dataFolder();
  if (folder.ok) {
    app.setPath('userData', folder.value.profile);
    app.setPath('sessionData', folder.value.profile);
    if (!checking && !app.requestSingleInstanceLock()) {
      process.stderr.write('Conclave is open already with this data folder. Its window was brought to the front.\n');
      return app.exit(0);
    }
  }
  app.on('window-all-closed', () => {
    if (!failed) app.quit();
  });
  app.once('before-quit', () => {
    leaving = true;
  });
  void app
    .whenReady()
    .then(() => start(unwrap(folder)))
    .catch((error: unknown) => giveUp(error instanceof Error ? error.message : 'Conclave could not start.'));
}

run();
