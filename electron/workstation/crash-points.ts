/**
 * Numbered places at which a test kills the application, as a power cut would. They exist in the build named for tests
 * only; in a release build `crashPoint` does nothing whatever the environment says.
 */

/** In the order of one act. What must hold after a restart is the business of the recovery that follows each. */
export const CRASH_POINTS = {
  'intent-before-append': 'Decided, nothing written: the act never happened.',
  'intent-after-append': 'The intent is on the disk, its checkpoint is not signed, the HSM was not asked.',
  'intent-after-checkpoint': 'The intent is on the disk and signed, the HSM was not asked.',
  'head-after-sign': 'The head is signed, and kept neither on the token nor on the disk.',
  'anchor-after-create': 'The token keeps the new head beside the old one.',
  'anchor-after-destroy': 'The token keeps the new head alone, its checkpoint is not on the disk.',
  'login-after-check': 'The head on the token was compared, the login is not in the ledger.',
  'discard-after-intent': 'The intent to remove half a key is on the disk and signed, the HSM was not asked.',
  'discard-after-call': 'Half a key was removed, the answer is not on the disk.',
  'hsm-after-call': 'The HSM did it, the answer is not on the disk.',
  'hsm-after-read-back': 'The HSM did it and it was read again, the answer is not on the disk.',
  'result-after-append': 'The result is on the disk, its checkpoint is not signed.',
  'result-after-checkpoint': 'The result is on the disk and signed, nobody was told.',
  'csr-flag-set': 'A pre-active key may sign for its request, and has not been set back.',
  'csr-after-sign': 'The request is signed, the key has not been set back.',
  'snapshot-before-rename': 'The database is written beside its place.',
  'bundle-before-rename': 'The bundle is written beside its place.',
} as const;

export type CrashPoint = keyof typeof CRASH_POINTS;

export const isCrashPoint = (name: string): name is CrashPoint => Object.hasOwn(CRASH_POINTS, name);

/**
 * The environment variable that names the point, in the build for tests. `<name>#3` means the third time it is met, and
 * `any#3` the third point of whatever name.
 */
export const CRASH_AT = 'CONCLAVE_CRASH_AT';

export interface CrashPointOptions {
  /** Whether this is the build for tests, which the product's name says. */
  readonly testBuild: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends this process at once, without any clean-up. */
  readonly kill: () => void;
}

/**
 * The function that every crash point calls. Throws `RangeError` in the build for tests where the environment names no
 * point: a test that crashes nowhere would prove nothing.
 */
export function crashPoints({ testBuild, env, kill }: CrashPointOptions): (name: CrashPoint) => void {
  const wanted = env[CRASH_AT];
  if (!testBuild || wanted === undefined || wanted === '') return () => undefined;
  const [, name, count] = /^([a-z-]+)(?:#([1-9]\d{0,3}))?$/.exec(wanted) ?? [];
  const any = name === 'any' && count !== undefined;
  if (name === undefined || (!any && !isCrashPoint(name))) throw new RangeError(`${CRASH_AT} names no crash point`);
  let left = Number(count ?? 1);
  return (reached) => {
    if ((any || reached === name) && --left === 0) kill();
  };
}

/** SIGKILL cannot be caught: no exit handler, no flush, no unlock. */
export const killSelf = (): void => {
  process.kill(process.pid, 'SIGKILL');
};
