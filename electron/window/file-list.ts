/**
 * Which files `conclave://` serves: those of the renderer that the application's manifest names, and nothing else. A
 * URL is looked up in this list. It never becomes a path, so there is no path to climb out of.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import * as v from 'valibot';
import { originOf } from '../ipc/sender.ts';

export interface ServedFile {
  /** Absolute. */
  readonly path: string;
  readonly sha256: string;
  /** MIME type. */
  readonly type: string;
}

/** By path of the URL, such as `/index.html`. */
export type FileList = ReadonlyMap<string, ServedFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

const RENDERER = 'renderer/';

const manifest = v.object({ files: v.array(v.object({ path: v.string(), sha256: v.string() })) });

/**
 * @param appFolder Where `manifest.json` lies.
 * @throws When the manifest cannot be read, names no page, or names a file of a kind that is not served.
 */
export async function readFileList(appFolder: string): Promise<FileList> {
  const { files } = v.parse(manifest, JSON.parse(await readFile(join(appFolder, 'manifest.json'), 'utf8')));
  const list = new Map<string, ServedFile>();
  for (const { path, sha256 } of files) {
    if (!path.startsWith(RENDERER)) continue;
    const type = TYPES[extname(path)];
    if (type === undefined) throw new Error(`The renderer holds a file of an unknown kind: ${path}`);
    list.set(`/${path.slice(RENDERER.length)}`, { path: join(appFolder, path), sha256, type });
  }
  const index = list.get('/index.html');
  if (index === undefined) throw new Error('The manifest names no index.html.');
  return list.set('/', index);
}

/** The file that a request is for, or null. The URL must be of this origin, with nothing but a path, spelled as listed. */
export function find(list: FileList, origin: string, request: { method: string; url: string }): ServedFile | null {
  if (request.method !== 'GET' || originOf(request.url) !== origin) return null;
  const { pathname, search } = new URL(request.url);
  return search === '' ? (list.get(pathname) ?? null) : null;
}

/** The file's bytes, or null where they are not those of the manifest. */
export async function readListed(file: ServedFile): Promise<Uint8Array<ArrayBuffer> | null> {
  const bytes = await readFile(file.path).catch(() => null);
  if (bytes === null) return null;
  return createHash('sha256').update(bytes).digest('hex') === file.sha256 ? new Uint8Array(bytes) : null;
}
