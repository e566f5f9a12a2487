import type { Attachment } from 'svelte/attachments';
import { announce } from '../announcer.svelte.ts';

/**
 * Moves focus to a heading whenever `key` changes: a new step or screen starts at its title, never at a button.
 * The heading takes focus by script only, so it is no extra Tab stop. `announcement` is said besides, for what the
 * title alone does not tell, such as the number of the step.
 */
export function focusTitle(key: string | number, announcement?: string): Attachment<HTMLElement> {
  return (heading) => {
    // Drawn again for the same key: what has the focus by now, such as a refusal, keeps it.
    if (heading.dataset['step'] === String(key)) return;
    heading.tabIndex = -1;
    heading.dataset['step'] = String(key);
    heading.focus();
    if (announcement !== undefined) announce(announcement);
  };
}

/** Puts the focus back at the title of the screen, for when what had it is gone. */
export const focusScreen = (): void => document.querySelector<HTMLElement>('main h1')?.focus();
