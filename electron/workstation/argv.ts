/**
 * Which command-line switches the application starts with. Chromium and Node know thousands, many of which open a
 * debugger, load code or weaken the sandbox, so what is not listed here is refused rather than the bad ones listed.
 * Environment variables that do the same (NODE_OPTIONS, ELECTRON_RUN_AS_NODE) are closed by fuses of the binary.
 */

/** The application's own, and harmless ones of Chromium that a display may need. */
const ALLOWED = [
  'data-dir',
  'self-check',
  'disable-gpu',
  'force-device-scale-factor',
  'lang',
  'ozone-platform',
  'ozone-platform-hint',
] as const;

/** What a test driver passes. They work in the build named for tests and nowhere else. */
const TEST_ONLY = ['inspect', 'inspect-brk', 'remote-debugging-port'] as const;

/**
 * The switches that keep the application from starting, by name as typed and without their values; empty when it may
 * start.
 *
 * @param argv Without the executable: `process.argv.slice(1)` in a packed application.
 */
export function refusedSwitches(argv: readonly string[], { testBuild }: { readonly testBuild: boolean }): string[] {
  const allowed: readonly string[] = testBuild ? [...ALLOWED, ...TEST_ONLY] : ALLOWED;
  return argv
    .filter((argument) => argument.startsWith('-') && argument !== '--')
    .map((argument) => argument.split('=', 1)[0]!)
    .filter((name) => !name.startsWith('--') || !allowed.includes(name.slice(2)));
}
