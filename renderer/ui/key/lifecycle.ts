import type { KeyState } from '../state/key-state.ts';

/** An allowed transition of a lifecycle profile, as published. `none` is where a key comes from. */
export interface LifecycleEdge {
  readonly from: KeyState | 'none';
  readonly to: KeyState;
  /** What the transition is called or requires. */
  readonly note?: string | undefined;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const BOX = { width: 120, height: 38 };
export const WIDTH = 512;

/** Where each state stands. Compromised and destroyed are bars over the whole width, so that few lines cross. */
const PLACES: Partial<Record<KeyState, Box>> = {
  compromised: { x: 1, y: 8, width: 510, height: 34 },
  'pre-active': { x: 20, y: 98, ...BOX },
  active: { x: 168, y: 98, ...BOX },
  deactivated: { x: 342, y: 98, ...BOX },
  suspended: { x: 255, y: 172, ...BOX },
  'pending-destruction': { x: 316, y: 172, width: 172, height: 38 },
  destroyed: { x: 1, y: 240, width: 510, height: 34 },
  deleted: { x: 1, y: 240, width: 510, height: 34 },
  removed: { x: 1, y: 306, width: 510, height: 34 },
};

export const placeOf = (state: KeyState): Box | undefined => PLACES[state];

/** The drawing of each transition that a profile may have. A loop over the middle line jumps it in a small arc. */
const ROUTES: Readonly<Record<string, string>> = {
  'none>pre-active': 'M4 117H18',
  'none>active': 'M4 121V152H196V138',
  'pre-active>active': 'M140 117H166',
  'pre-active>compromised': 'M80 98V44',
  'pre-active>destroyed': 'M80 136V238',
  'pre-active>deactivated': 'M110 98V74H360V96',
  'active>suspended': 'M240 136V182H253',
  'active>deactivated': 'M288 117H308a7 7 0 0 1 14 0H340',
  'active>compromised': 'M228 98V44',
  'active>destroyed': 'M188 136V238',
  'pre-active>deleted': 'M80 136V238',
  'active>deleted': 'M188 136V238',
  'suspended>active': 'M255 198H220V138',
  'suspended>deactivated': 'M375 191H392V138',
  'suspended>compromised': 'M315 172V44',
  'suspended>destroyed': 'M315 210V238',
  'deactivated>active': 'M342 105H290',
  'deactivated>compromised': 'M402 98V44',
  'deactivated>destroyed': 'M432 136V238',
  'deactivated>pending-destruction': 'M402 136V170',
  'pending-destruction>destroyed': 'M402 210V238',
  'compromised>destroyed': 'M488 42V238',
  'destroyed>removed': 'M256 274V304',
};

/** The line of a transition; transitions that have no line of their own are joined centre to centre. */
export function routeOf(edge: LifecycleEdge, edges: readonly LifecycleEdge[]): string | undefined {
  const id = `${edge.from}>${edge.to}`;
  if (id === 'active>deactivated' && !edges.some((other) => other.from === 'suspended' && other.to === 'compromised')) {
    return 'M288 124H340';
  }
  const known = ROUTES[id];
  if (known !== undefined) return known;
  const to = placeOf(edge.to);
  const from = edge.from === 'none' ? { x: 0, y: 98, width: 8, height: 38 } : placeOf(edge.from);
  if (from === undefined || to === undefined) return undefined;
  if (from === to) {
    const right = from.x + from.width;
    return `M${right - 34} ${from.y}v-14h24v12`;
  }
  return `M${from.x + from.width / 2} ${from.y + from.height / 2}L${to.x + to.width / 2} ${to.y + to.height / 2}`;
}

export const statesOf = (edges: readonly LifecycleEdge[]): KeyState[] => {
  const order = Object.keys(PLACES) as KeyState[];
  const used = new Set(edges.flatMap((edge) => (edge.from === 'none' ? [edge.to] : [edge.from, edge.to])));
  return order.filter((state) => used.has(state));
};
