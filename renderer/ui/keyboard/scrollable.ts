import type { Attachment } from 'svelte/attachments';

const STOPS = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';

/**
 * A part that scrolls and holds nothing to stop at becomes a Tab stop itself while it scrolls, so that the arrow keys
 * reach what is below its edge (WCAG 2.1.1).
 */
export const scrollable: Attachment<HTMLElement> = (part) => {
  function settle(): void {
    const scrolls = part.scrollHeight > part.clientHeight + 1;
    const reached = [...part.querySelectorAll<HTMLElement>(STOPS)].some((stop) => stop.tabIndex >= 0);
    if (scrolls && !reached) part.tabIndex = 0;
    else part.removeAttribute('tabindex');
  }
  const size = new ResizeObserver(settle);
  const content = new MutationObserver(settle);
  size.observe(part);
  content.observe(part, { childList: true, subtree: true, characterData: true });
  settle();
  return () => {
    size.disconnect();
    content.disconnect();
  };
};
