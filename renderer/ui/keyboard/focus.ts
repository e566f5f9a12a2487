import type { Attachment } from 'svelte/attachments';

/**
 * Moves focus to a heading whenever `key` changes: a new step or screen starts at its title, never at a button.
 * The heading takes focus by script only, so it is no extra Tab stop.
 */
export function focusTitle(key: string | number): Attachment<HTMLElement> {
  return (heading) => {
    heading.tabIndex = -1;
    heading.dataset['step'] = String(key);
    heading.focus();
  };
}
