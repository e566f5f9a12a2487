import type { Place, Route } from './places.ts';

/** Which screen is shown. Plain state: there is no address, no history to go back through in a ceremony. */
class Router {
  route = $state.raw<Route>({ screen: 'first-run' });

  go(route: Route): void {
    this.route = route;
  }
}

export const router = new Router();

/** Where a place of the navigation leads. */
export function routeOf(place: Place): Route {
  switch (place) {
    case 'ceremonies':
      return { screen: 'runner' };
    case 'keys':
      return { screen: 'keys' };
    case 'ledger':
      return { screen: 'ledger' };
    case 'evidence':
      return { screen: 'evidence' };
    case 'hsm':
      return { screen: 'first-run' };
  }
}
