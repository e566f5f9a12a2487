import type { Due } from '../../../core/lifecycle/cryptoperiod.ts';
import type { Route } from '../../router/places.ts';

/** Where the ready-made plan of something that is due is looked at, changed and frozen. */
export const routeOfDue = ({ key, plan }: Due): Route =>
  plan ? { screen: 'change', key, change: plan.change, proposed: plan } : { screen: 'keys', key };
