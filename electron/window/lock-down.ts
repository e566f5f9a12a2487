/**
 * What Chromium can do and this application does not need is closed here, before the first window: network, second
 * windows, navigation, permissions, downloads, menus. Numbers are those of Electron's security checklist
 * (docs/tutorial/security.md); each has a test in test/security.
 */
import { readFileSync } from 'node:fs';
import { app, Menu, type Session, type WebContents } from 'electron';
import { refusedSwitches } from '../workstation/argv.ts';
import { APP_ORIGIN, originOf } from '../ipc/sender.ts';
import { registerScheme } from './protocol.ts';

/** Why the application must not start with this command line, in one line; null when it may. */
export function refuseToStart(argv: readonly string[], testBuild: boolean): string | null {
  const refused = refusedSwitches(argv, { testBuild });
  if (refused.length > 0) return `Conclave does not start with the switch ${refused.join(', ')}.`;
  // The runtime also takes it from an environment variable, which is no part of argv.
  if (app.commandLine.hasSwitch('no-sandbox')) return 'Conclave does not start without its sandbox.';
  return null;
}

/** SECURITY: no host name or address is resolved, nothing is sent, and nothing looks for updates. */
const SWITCHES: readonly (readonly [string, string?])[] = [
  ['host-resolver-rules', 'MAP * ~NOTFOUND'],
  ['disable-background-networking'],
  ['disable-component-update'],
  ['disable-domain-reliability'],
  ['disable-breakpad'],
  ['dns-prefetch-disable'],
  ['no-pings'],
  ['no-proxy-server'],
];

/** Before Electron is ready. */
export function lockDown(): void {
  for (const [name, value] of SWITCHES) app.commandLine.appendSwitch(name, value);
  // SECURITY 4: every renderer, whatever a window's own preferences say.
  app.enableSandbox();
  registerScheme();
  // The default menu opens developer tools, reloads and zooms.
  Menu.setApplicationMenu(null);
  app.on('session-created', (session) => lockSession(session));
  app.on('web-contents-created', (_event, contents) => lockContents(contents));
}

/** What one session may load, as Electron's webRequest names it. */
export interface Wanted {
  readonly url: string;
  readonly resourceType: string;
}

/** The pages, scripts, styles and fonts of the application, and pictures that are in the page itself. */
export const applicationOnly = ({ url, resourceType }: Wanted): boolean =>
  originOf(url) === APP_ORIGIN || (resourceType === 'image' && url.startsWith('data:'));

/** @param allows What may be loaded; nothing, unless it says so. */
export function lockSession(session: Session, allows: (wanted: Wanted) => boolean = () => false): void {
  // SECURITY 18: http, https, ws, wss, ftp, file, data, blob: whatever is not named is cancelled.
  session.webRequest.onBeforeRequest((details, callback) => callback({ cancel: !allows(details) }));
  // SECURITY 5: a request, a question whether it would be granted, and a device are three different things.
  session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
  // The spell-checker would fetch its dictionary.
  session.setSpellCheckerEnabled(false);
  session.setSpellCheckerLanguages([]);
}

function lockContents(contents: WebContents): void {
  const prevent = (event: { preventDefault(): void }) => event.preventDefault();
  // SECURITY 13: pages are loaded by the main process alone, and then these events do not come.
  contents.on('will-navigate', prevent);
  contents.on('will-frame-navigate', prevent);
  contents.on('will-redirect', prevent);
  // SECURITY 14
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  // SECURITY 12
  contents.on('will-attach-webview', prevent);
  // No policy of a page covers WebRTC; with no proxy there is, this leaves it no UDP, and host-resolver-rules no TCP.
  contents.setWebRTCIPHandlingPolicy('disable_non_proxied_udp');
}

/**
 * Whether the kernel filters the system calls of a process (proc_pid_status(5), `Seccomp: 2`) and grants it no new
 * rights. Chromium reports no failure of its sandbox to the page; this does not take its word for it.
 */
export function isSandboxed(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return /^Seccomp:\s*2$/m.test(status) && /^NoNewPrivs:\s*1$/m.test(status);
  } catch {
    return false;
  }
}
