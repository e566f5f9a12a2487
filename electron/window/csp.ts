/** The headers of every page. They are tested in the running application, for a policy with a slip of the pen is none. */

/** Of the application's pages. `connect-src 'none'` also covers WebSocket, EventSource and beacons (CSP Level 3, 6.1.2). */
export const APP_CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types svelte-trusted-html',
].join('; ');

/** Of a page that is printed. It carries its own styles and pictures, and gets the bundled fonts. Nothing runs in it. */
export const PRINT_CSP = [
  "default-src 'none'",
  "style-src 'self' 'unsafe-inline'",
  'img-src data:',
  "font-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const headersWith = (csp: string, type: string): Record<string, string> => ({
  'Content-Type': type,
  'Content-Security-Policy': csp,
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
});
