/**
 * F6 goes round the regions of a screen (script, stage, room, status), Shift+F6 the other way. A region is an element
 * with `data-region`; focus goes to what was last focused in it, then to its first stop, then to itself.
 */
const FOCUSABLE = 'a[href], button, input, select, textarea, [tabindex="0"]';

const lastFocused = new WeakMap<Element, HTMLElement>();

const visible = (element: HTMLElement): boolean => element.getClientRects().length > 0;

function enter(region: HTMLElement): void {
  const remembered = lastFocused.get(region);
  if (remembered !== undefined && region.contains(remembered) && visible(remembered)) {
    remembered.focus();
    return;
  }
  const first = [...region.querySelectorAll<HTMLElement>(FOCUSABLE)].find(
    (item) => item.tabIndex >= 0 && visible(item),
  );
  if (first !== undefined && region.dataset['regionFocus'] !== 'self') {
    first.focus();
    return;
  }
  region.tabIndex = -1;
  region.focus();
}

export function cycleRegions(event: KeyboardEvent): void {
  if (event.key !== 'F6') return;
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(visible);
  if (regions.length === 0) return;
  event.preventDefault();
  const active = document.activeElement;
  const at = regions.findIndex((region) => region === active?.closest('[data-region]'));
  if (at >= 0 && active instanceof HTMLElement) lastFocused.set(regions[at] as HTMLElement, active);
  const step = event.shiftKey ? -1 : 1;
  const next = at < 0 ? (event.shiftKey ? regions.length - 1 : 0) : (at + step + regions.length) % regions.length;
  enter(regions[next] as HTMLElement);
}
