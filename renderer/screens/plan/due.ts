import type { Due } from '../../../core/lifecycle/cryptoperiod.ts';
import type { Route } from '../../router/places.ts';

/** Where the ready-made plan of something that is due is looked at, changed and frozen. */
export function routeOfDue({ key, plan }: Due): Route {
  if (!plan) return { screen: 'keys', key };
  const { change, reason, label } = plan;
  if (change === null) return { screen: 'plan', ...(label === undefined ? {} : { label }) };
  return { screen: 'change', key, change, reason };
}
