/** Serves `conclave://app/` from the fixed file list. */
import { protocol, type Session } from 'electron';
import { APP_ORIGIN } from '../ipc/sender.ts';
import { APP_CSP, headersWith } from './csp.ts';
import { find, readListed, type FileList } from './file-list.ts';

export const SCHEME = 'conclave';

/**
 * Before Electron is ready. SECURITY: no `bypassCSP`, no service workers, no `fetch`, no CORS for other origins; secure
 * only so that the page counts as a secure context.
 */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }]);
}

/** @param onRefused Told of the path of a listed file whose bytes are not those of the manifest. */
export function serveApplication(session: Session, list: FileList, onRefused: (path: string) => void): void {
  session.protocol.handle(SCHEME, async (request) => {
    const file = find(list, APP_ORIGIN, request);
    if (file === null) return refuse(404);
    const bytes = await readListed(file);
    if (bytes === null) {
      onRefused(file.path);
      return refuse(500);
    }
    return new Response(bytes, { headers: headersWith(APP_CSP, file.type) });
  });
}

const refuse = (status: number) => new Response(null, { status, headers: headersWith(APP_CSP, 'text/plain') });
