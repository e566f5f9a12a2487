import type { AppView } from '../../contract/views.ts';
import type { Place, Route } from './places.ts';

/** Which screen is shown. Plain state: there is no address, no history to go back through in a ceremony. */
class Router {
  route = $state.raw<Route>({ screen: 'ceremonies' });

  go(route: Route): void {
    this.route = route;
  }
}

export const router = new Router();

const isOpen = (app: AppView): boolean => app.ceremony?.outcome === 'open';

/** Where an open vault begins: in the ceremony that is under way, or at the list of ceremonies. */
export const startRoute = (app: AppView): Route => ({ screen: isOpen(app) ? 'runner' : 'ceremonies' });

/** Where a place of the navigation leads. */
export const routeOf = (place: Place, app: AppView): Route =>
  place === 'ceremonies' ? startRoute(app) : { screen: place };
