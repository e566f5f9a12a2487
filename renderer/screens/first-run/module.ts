import type { ModuleView, SlotView } from '../../../contract/views.ts';

export type Token = NonNullable<SlotView['token']>;

/** Tokens that can be logged in to: initialised, with a user PIN, and without a problem. */
export const usableTokens = (module: ModuleView): Token[] =>
  module.slots.flatMap(({ token, problem }) => (token?.initialized && problem === null ? [token] : []));

/** What the module calls itself; its file name where it says nothing. */
export function moduleName(module: ModuleView): string {
  const said = module.description || module.manufacturer;
  return said === '' ? (module.library.split('/').at(-1) ?? module.library) : said;
}

/** What the token's own flags say about the user PIN (PKCS#11 v2.40, CK_TOKEN_INFO). */
export function pinState(flags: readonly string[]): 'normal' | 'low' | 'final' | 'locked' {
  if (flags.includes('CKF_USER_PIN_LOCKED')) return 'locked';
  if (flags.includes('CKF_USER_PIN_FINAL_TRY')) return 'final';
  return flags.includes('CKF_USER_PIN_COUNT_LOW') ? 'low' : 'normal';
}
