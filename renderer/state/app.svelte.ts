import { call, onChanged } from '../api.ts';
import { router, startRoute } from '../router/router.svelte.ts';
import { namesFollow } from '../ui/state/names.svelte.ts';
import type { AppView } from '../../contract/views.ts';
import type { Failure } from '../../core/result.ts';

/** The last snapshot and what the shell keeps beside it. Screens get the snapshot as a property and only read it. */
class AppState {
  app = $state.raw<AppView>();
  /** Why there is no first snapshot. */
  failure = $state.raw<Failure>();
  /** The first run stays in sight after the seal, until its last page was read. */
  inSetup = $state(false);

  /** Asks for the first snapshot and follows every later one; the returned function ends that. */
  follow(): () => void {
    const stop = onChanged((snapshot) => this.take(snapshot));
    void call('app.snapshot', {}).then((reply) => {
      if (!reply.ok) this.failure = reply.error;
      // A notification that came first is newer than this reply.
      else if (this.app === undefined) this.take(reply.value);
    });
    return stop;
  }

  take(snapshot: AppView): void {
    // Where the vault begins is known when it is open, and not while its ledger is being checked.
    const first = this.app === undefined || this.app.phase === 'opening';
    this.app = snapshot;
    if (snapshot.vault) namesFollow(snapshot.vault.profile);
    if (snapshot.phase === 'first-run') this.inSetup = true;
    else if (first && snapshot.phase === 'ready') router.go(startRoute(snapshot));
  }

  /** Leaves the first run for the vault that it made. */
  finishSetup(): void {
    this.inSetup = false;
    if (this.app !== undefined) router.go(startRoute(this.app));
  }
}

export const appState = new AppState();
