/** The places of the main navigation, in its order. */
export const PLACES = ['ceremonies', 'keys', 'ledger', 'evidence', 'hsm'] as const;
export type Place = (typeof PLACES)[number];

/** Every screen, with what it needs to know to show itself. */
export type Route =
  | { readonly screen: 'first-run' }
  | { readonly screen: 'people' }
  | { readonly screen: 'plan' }
  | { readonly screen: 'approval'; readonly custodian: string }
  | { readonly screen: 'runner' }
  | { readonly screen: 'keys'; readonly key?: string }
  | { readonly screen: 'ledger'; readonly entry?: number }
  | { readonly screen: 'evidence' };

export type ScreenName = Route['screen'];
