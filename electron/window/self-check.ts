/**
 * `--self-check`: whether this very build, as installed here, holds what its tests claimed: files, sandbox, boundary,
 * policy, and host processes. It works in an empty data folder of its own, shows no window, prints one JSON line and
 * ends with 0 or 1. It says nothing about a workstation that lies to its programs.
 */
import type { BrowserWindow } from 'electron';
import { METHODS } from '../../contract/methods.ts';
import type { Result } from '../../core/result.ts';
import type { Credentials } from '../custody/credential.ts';
import type { Hsm } from '../hsm/port.ts';
import { checkSoftware } from '../workstation/software.ts';
import { loadMainWindow } from './main-window.ts';
import type { PrintToPdf } from './print.ts';

export interface SelfCheckSubject {
  readonly version: string;
  readonly manifestPath: string;
  readonly window: BrowserWindow;
  readonly startHsm: () => Hsm;
  readonly credentials: Credentials;
  readonly printToPdf: PrintToPdf;
  /** An empty folder. */
  readonly folder: string;
}

export interface SelfCheckReport {
  readonly selfCheck: 'passed' | 'failed';
  readonly version: string;
  readonly electron: string;
  readonly chrome: string;
  readonly manifest: string;
  readonly checks: Readonly<Record<string, boolean>>;
}

/** What the page says of itself. Runs in the page's own world, so it sees what a script of the page would. */
const LOOK = `(async () => {
  const violations = new Set();
  document.addEventListener('securitypolicyviolation', (event) => violations.add(event.effectiveDirective));
  const script = document.createElement('script');
  let assigned = true;
  try { script.textContent = 'window.ran = true'; } catch { assigned = false; }
  let evaluated = true;
  try { (0, eval)('1'); } catch { evaluated = false; }
  let fetched = true;
  try { await fetch('conclave://app/'); } catch { fetched = false; }
  const reply = await window.conclave['app.snapshot']({});
  const wrong = await window.conclave['app.snapshot']({ more: 1 });
  await new Promise((resolve) => setTimeout(resolve));
  return {
    keys: Object.keys(window.conclave).sort(),
    node: [typeof process, typeof require, typeof module, typeof Buffer].some((type) => type !== 'undefined'),
    ran: assigned || evaluated || fetched || 'ran' in window,
    connect: violations.has('connect-src'),
    answers: reply.ok === true,
    refuses: wrong.ok === false && wrong.error.policy === 'IPC-1',
    drawn: document.querySelector('#app')?.childElementCount > 0,
  };
})()`;

interface Look {
  readonly keys: readonly string[];
  readonly node: boolean;
  readonly ran: boolean;
  readonly connect: boolean;
  readonly answers: boolean;
  readonly refuses: boolean;
  readonly drawn: boolean;
}

export async function selfCheck(subject: SelfCheckSubject): Promise<SelfCheckReport> {
  const software = await checkSoftware(subject.version, subject.manifestPath);
  const sandboxed = (await loadMainWindow(subject.window)) === 'sandboxed';
  const look = (await subject.window.webContents.executeJavaScript(LOOK)) as Look;
  const checks = {
    'every file is as the manifest says': software.ok && software.value.problems.length === 0,
    'the renderer is sandboxed by the kernel': sandboxed,
    'the page has no Node.js': !look.node,
    'the page sees the methods of the boundary and nothing else':
      JSON.stringify(look.keys) === JSON.stringify([...METHODS, 'onChanged'].sort()),
    'the page policy stops scripts, evaluation and connections': !look.ran && look.connect,
    'a call is answered': look.answers,
    'a malformed call is refused': look.refuses,
    'the first screen is drawn': look.drawn,
    'the HSM host starts and answers': await hsmAnswers(subject.startHsm()),
    'the credential host starts and answers': await credentialsAnswer(subject),
    'a page is printed, twice the same': await printsAlike(subject.printToPdf),
  };
  return {
    selfCheck: Object.values(checks).every(Boolean) ? 'passed' : 'failed',
    version: subject.version,
    electron: process.versions['electron'] ?? '',
    chrome: process.versions['chrome'] ?? '',
    manifest: software.ok ? software.value.manifest : '',
    checks,
  };
}

/** A library that is not there is refused in the host, with the binding loaded; a host that did not start is lost. */
async function hsmAnswers(hsm: Hsm): Promise<boolean> {
  const opened = await hsm.open({ library: '/nonexistent/self-check.so' });
  await hsm.end();
  return !opened.ok && opened.error.code !== 'hsm-lost' && opened.error.code !== 'internal';
}

/** A key file that is not there is refused in the host. CRED-9 is a host that gave no answer. */
async function credentialsAnswer({ credentials, folder }: SelfCheckSubject): Promise<boolean> {
  const signed: Result<unknown> = await credentials.sign({
    credential: { kind: 'key-file', path: `${folder}/none.age` },
    passphrase: new Uint8Array(1),
    payloads: [new Uint8Array(1)],
    expectedKeyId: '0'.repeat(64),
  });
  return !signed.ok && signed.error.policy !== 'CRED-9';
}

async function printsAlike(printToPdf: PrintToPdf): Promise<boolean> {
  // In both faces of the sheets: a print without them does not count as one.
  const page =
    '<!doctype html><html lang="en"><head><title>Self-check</title></head>' +
    '<body style="font-family: Public Sans"><h1>Self-check</h1><p style="font-family: IBM Plex Mono">0123</p></body></html>';
  const [first, second] = [await printToPdf(page), await printToPdf(page)];
  if (!first.ok || !second.ok) return false;
  const [one, other] = [Buffer.from(first.value), Buffer.from(second.value)];
  return one.subarray(0, 5).toString() === '%PDF-' && one.equals(other);
}
