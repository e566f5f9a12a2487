/**
 * Prints a page to PDF in a hidden window that has no scripts, no preload script, no network and a session of its own.
 * The PDF is a view of something that exists as signed data; nothing is verified from it.
 */
import { randomBytes } from 'node:crypto';
import { BrowserWindow, session, type Session } from 'electron';
import { fail, ok, type Result } from '../../core/result.ts';
import type { Log } from '../workstation/log.ts';
import { originOf } from '../ipc/sender.ts';
import { headersWith, PRINT_CSP } from './csp.ts';
import { find, readListed, type FileList } from './file-list.ts';
import { lockSession } from './lock-down.ts';
import { fixDates } from './pdf-dates.ts';
import { SCHEME } from './protocol.ts';

const PRINT_ORIGIN = 'conclave://print';

/** Milliseconds for one page, laid out and printed. */
const PATIENCE = 60_000;

/** Prints complete HTML pages. The bundled fonts are at `/<name>.woff2`, under the names they have in the renderer. */
export type PrintToPdf = (html: string) => Promise<Result<Uint8Array>>;

export function makePrinter(files: FileList, log: Log): PrintToPdf {
  /** By a name that only this process knows, while it is being printed. */
  const pages = new Map<string, string>();
  let own: Session | null = null;
  let last: Promise<unknown> = Promise.resolve();
  return (html) => {
    const turn = last.then(async () => {
      own ??= printSession(pages, files);
      return await printOne(own, pages, html);
    });
    const result = turn.then(ok, (error: unknown) => {
      const { ref, hint } = log.internal('window.print', error);
      return fail({
        code: 'internal',
        message: 'The page could not be printed.',
        ...(hint === undefined ? {} : { hint }),
        ...(ref === undefined ? {} : { ref }),
      });
    });
    last = result;
    return result;
  };
}

function printSession(pages: ReadonlyMap<string, string>, files: FileList): Session {
  const own = session.fromPartition('print', { cache: false });
  lockSession(
    own,
    ({ url, resourceType }) =>
      originOf(url) === PRINT_ORIGIN || (['image', 'font'].includes(resourceType) && url.startsWith('data:')),
  );
  own.protocol.handle(SCHEME, async (request) => {
    const html = pages.get(request.url);
    if (html !== undefined) return new Response(html, { headers: headersWith(PRINT_CSP, 'text/html; charset=utf-8') });
    const file = find(files, PRINT_ORIGIN, request);
    const font = file?.type === 'font/woff2' ? await readListed(file) : null;
    return font === null
      ? new Response(null, { status: 404, headers: headersWith(PRINT_CSP, 'text/plain') })
      : new Response(font, { headers: headersWith(PRINT_CSP, 'font/woff2') });
  });
  return own;
}

async function printOne(own: Session, pages: Map<string, string>, html: string): Promise<Uint8Array> {
  const url = `${PRINT_ORIGIN}/${randomBytes(16).toString('hex')}`;
  pages.set(url, html);
  const window = new BrowserWindow({
    show: false,
    webPreferences: {
      session: own,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      javascript: false,
      webgl: false,
      spellcheck: false,
      devTools: false,
    },
  });
  try {
    return await within(PATIENCE, async () => {
      await window.loadURL(url);
      const pdf = await window.webContents.printToPDF({
        preferCSSPageSize: true,
        printBackground: true,
        generateTaggedPDF: true,
      });
      return fixDates(new Uint8Array(pdf));
    });
  } finally {
    pages.delete(url);
    window.destroy();
  }
}

async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('The page was not printed in time.')), milliseconds);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
