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
import { SCHEME } from './protocol.ts';
import { settlePdf } from './settle-pdf.ts';

const PRINT_ORIGIN = 'conclave://print';

/** Milliseconds for one page, laid out and printed. */
const PATIENCE = 60_000;

/** Prints a complete HTML page, one at a time. The bundled fonts are there under the names they have on the screen. */
export type PrintToPdf = (html: string) => Promise<Result<Uint8Array>>;

export function makePrinter(files: FileList, log: Log): PrintToPdf {
  let last: Promise<unknown> = Promise.resolve();
  return (html) => {
    const result = last
      .then(() => printOne(files, html))
      .then(ok, (error: unknown) => {
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

/** Where the style sheet with the fonts is; linked from every page. */
const FONTS = '/fonts.css';

/** A session for one page, and with it a renderer process for one page: no sheet is in reach of the next. */
function printSession(name: string, html: string, files: FileList): Session {
  const own = session.fromPartition(`print-${name}`, { cache: false });
  lockSession(
    own,
    ({ url, resourceType }) => originOf(url) === PRINT_ORIGIN || (resourceType === 'image' && url.startsWith('data:')),
  );
  own.protocol.handle(SCHEME, async (request) => {
    if (request.url === `${PRINT_ORIGIN}/${name}`) return respond('text/html; charset=utf-8', withFonts(html, files));
    if (request.url === `${PRINT_ORIGIN}${FONTS}`) return respond('text/css; charset=utf-8', await fontRules(files));
    const file = find(files, PRINT_ORIGIN, request);
    const font = file?.type === 'font/woff2' ? await readListed(file) : null;
    return font === null ? respond('text/plain', null, 404) : respond('font/woff2', font);
  });
  return own;
}

const respond = (type: string, body: string | Uint8Array<ArrayBuffer> | null, status = 200) =>
  new Response(body, { status, headers: headersWith(PRINT_CSP, type) });

/**
 * The page with the style sheet of its fonts. Each font is asked for at once, so that the page counts as loaded only
 * when all of them are there: text whose font is still under way is printed as nothing.
 */
const withFonts = (html: string, files: FileList): string => {
  const fonts = [...files.keys()].filter((path) => path.endsWith('.woff2'));
  const early = fonts.map((path) => `<link rel="preload" as="font" type="font/woff2" crossorigin href="${path}">`);
  return html.replace('<head>', `<head><link rel="stylesheet" href="${FONTS}">${early.join('')}`);
};

/** The font rules of the renderer's style sheet; the files they name lie beside it. */
async function fontRules(files: FileList): Promise<string> {
  const sheets = [...files].filter(([path]) => path.endsWith('.css'));
  const texts = await Promise.all(
    sheets.map(async ([, file]) => Buffer.from((await readListed(file)) ?? []).toString()),
  );
  return texts.flatMap((text) => text.match(/@font-face\s*\{[^}]*\}/g) ?? []).join('\n');
}

/** What every sheet is set in. A face that is not in the PDF was not there yet when its text should have been drawn. */
const FACES = ['PublicSans', 'IBMPlexMono'];

async function printOne(files: FileList, html: string): Promise<Uint8Array> {
  const name = randomBytes(16).toString('hex');
  const own = printSession(name, html, files);
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
      await window.loadURL(`${PRINT_ORIGIN}/${name}`);
      // A face can still be under way after the page has loaded: what is printed twice the same has all of them.
      for (let last = Buffer.alloc(0); ;) {
        const printed = await window.webContents.printToPDF({
          preferCSSPageSize: true,
          printBackground: true,
          generateTaggedPDF: true,
        });
        const pdf = Buffer.from(settlePdf(new Uint8Array(printed)));
        if (pdf.equals(last) && FACES.every((face) => pdf.includes(face))) return new Uint8Array(pdf);
        last = pdf;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
  } finally {
    window.destroy();
    own.protocol.unhandle(SCHEME);
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
