import { powerSaveBlocker } from 'electron';

/** The screen stays on while a ceremony is open: a lock screen in its midst would be an interruption. */
export function keepAwake(): (open: boolean) => void {
  let blocker: number | null = null;
  return (open) => {
    if (open) blocker ??= powerSaveBlocker.start('prevent-display-sleep');
    else if (blocker !== null) {
      powerSaveBlocker.stop(blocker);
      blocker = null;
    }
  };
}
