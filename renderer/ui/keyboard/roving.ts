import type { Attachment } from 'svelte/attachments';

interface RovingOptions {
  /** The items inside the container, in reading order. */
  readonly items: string;
  /** The item that is first reached by Tab, when there is one: `[aria-current]`, `[aria-selected=true]`. */
  readonly preferred?: string;
  readonly onEnter?: (item: HTMLElement) => void;
  readonly onEscape?: () => void;
}

/**
 * Makes a list or table one Tab stop: Up, Down, Home and End move inside it (WAI-ARIA APG, roving tabindex).
 * The tab index is set from here, because the items are not controls by themselves.
 */
export function roving(options: RovingOptions): Attachment<HTMLElement> {
  return (container) => {
    const items = (): HTMLElement[] => [...container.querySelectorAll<HTMLElement>(options.items)];

    function settle(): void {
      const all = items();
      if (all.some((item) => item.tabIndex === 0 && item.hasAttribute('tabindex'))) return;
      const preferred =
        options.preferred === undefined ? undefined : all.find((item) => item.matches(options.preferred ?? ''));
      for (const item of all) item.tabIndex = item === (preferred ?? all[0]) ? 0 : -1;
    }

    function focus(item: HTMLElement | undefined): void {
      if (item === undefined) return;
      for (const other of items()) other.tabIndex = other === item ? 0 : -1;
      item.focus();
      item.scrollIntoView({ block: 'nearest' });
    }

    function keydown(event: KeyboardEvent): void {
      const all = items();
      const at = all.findIndex((item) => item === event.target);
      if (at < 0) return;
      const step: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
      const next = step[event.key];
      if (next !== undefined) {
        event.preventDefault();
        focus(all[Math.max(0, Math.min(all.length - 1, next))]);
      } else if (event.key === 'Enter' && options.onEnter !== undefined) {
        event.preventDefault();
        options.onEnter(all[at] as HTMLElement);
      } else if (event.key === 'Escape' && options.onEscape !== undefined) {
        event.preventDefault();
        options.onEscape();
      }
    }

    settle();
    const observer = new MutationObserver(settle);
    observer.observe(container, { childList: true, subtree: true });
    container.addEventListener('keydown', keydown);
    return () => {
      observer.disconnect();
      container.removeEventListener('keydown', keydown);
    };
  };
}
