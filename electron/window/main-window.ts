/** The one window of the application. */
import { BrowserWindow, session, type Session } from 'electron';
import { applicationOnly, isSandboxed, lockSession } from './lock-down.ts';
import { serveApplication } from './protocol.ts';
import type { FileList } from './file-list.ts';

export interface MainWindowOptions {
  /** Also shown while nothing has loaded yet. */
  readonly title: string;
  /** Absolute path of the bundled preload script. */
  readonly preload: string;
  readonly files: FileList;
  /** Told of what went wrong, by a plain name such as `renderer.crashed`. */
  readonly onDefect: (name: string) => void;
  /** A self-check loads the page and never shows it. */
  readonly hidden?: boolean;
}

/** How often a renderer that ended is started again in one run. */
const MAX_RESTARTS = 3;

/** Makes the window, without loading its page: what it may call must be there first. */
export function makeMainWindow(options: MainWindowOptions): BrowserWindow {
  // Without `persist:` nothing of a session is written to disk.
  const own = session.fromPartition('application', { cache: false });
  lockSession(own, applicationOnly);
  serveApplication(own, options.files, () => options.onDefect('file.changed'));
  const window = new BrowserWindow({
    title: options.title,
    width: 1440,
    height: 900,
    minWidth: 1280,
    minHeight: 720,
    show: false,
    autoHideMenuBar: true,
    webPreferences: preferences(own, options.preload),
  });
  // The page's own title would drop the name of the build.
  window.on('page-title-updated', (event) => event.preventDefault());
  if (options.hidden !== true) window.once('ready-to-show', () => window.show());
  let restarts = 0;
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    options.onDefect(`renderer.${reason}`);
    // The ceremony is in the main process; a fresh page shows it again.
    if (restarts++ >= MAX_RESTARTS || window.isDestroyed()) return;
    loadMainWindow(window).then(
      (loaded) => {
        if (loaded === 'not sandboxed') window.destroy();
      },
      () => options.onDefect('renderer.not-restarted'),
    );
  });
  return window;
}

/**
 * Loads the page and looks at its process.
 *
 * @returns Whether the renderer is sandboxed, and `closed` where the window was closed meanwhile. A window without a
 *   sandbox must not be used.
 */
export async function loadMainWindow(window: BrowserWindow): Promise<'sandboxed' | 'not sandboxed' | 'closed'> {
  try {
    await window.loadURL('conclave://app/');
    return isSandboxed(window.webContents.getOSProcessId()) ? 'sandboxed' : 'not sandboxed';
  } catch (error) {
    if (window.isDestroyed()) return 'closed';
    throw error;
  }
}

/** For somebody who started the application a second time. */
export function bringToFront(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

/** SECURITY 2, 3, 4, 6, 8, 9, 10, 11: the defaults are said out loud, so that a change of one is noticed. */
const preferences = (own: Session, preload: string): Electron.WebPreferences => ({
  session: own,
  preload,
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  plugins: false,
  navigateOnDragDrop: false,
  safeDialogs: true,
  spellcheck: false,
  devTools: false,
});
