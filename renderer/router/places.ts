import type { PlannedChange } from '../../contract/views.ts';
import type { ProposedPlan } from '../../core/lifecycle/cryptoperiod.ts';

/** The places of the main navigation, in its order. */
export const PLACES = ['ceremonies', 'keys', 'ledger', 'receipts', 'evidence', 'people', 'hsm'] as const;
export type Place = (typeof PLACES)[number];

/** Every screen of an open vault, with what it needs to know to show itself. */
export type Route =
  | { readonly screen: 'ceremonies' }
  | { readonly screen: 'plan' }
  | {
      readonly screen: 'change';
      readonly key: string;
      readonly change: PlannedChange;
      /** A plan that was proposed: its form is filled in. */
      readonly proposed?: ProposedPlan;
    }
  | { readonly screen: 'agree'; readonly recipe: 'sync-hsm@1' | 'record-hsm@1'; readonly findings: readonly string[] }
  | { readonly screen: 'frozen' }
  | { readonly screen: 'runner' }
  | { readonly screen: 'keys'; readonly key?: string }
  | { readonly screen: 'ledger'; readonly entry?: number }
  | { readonly screen: 'receipts' }
  | { readonly screen: 'evidence' }
  | { readonly screen: 'people' }
  | { readonly screen: 'hsm' }
  | { readonly screen: 'continuity' };

export type ScreenName = Route['screen'];

/** The place of the navigation that a screen belongs to. */
export function placeOf(screen: ScreenName): Place {
  switch (screen) {
    case 'plan':
    case 'change':
    case 'agree':
    case 'frozen':
    case 'runner':
      return 'ceremonies';
    case 'continuity':
      return 'hsm';
    default:
      return screen;
  }
}
