/** A transition of a lifecycle profile, as published. `none` is where a key comes from. */
export interface LifecycleEdge {
  readonly from: string;
  readonly to: string;
  /** What the transition is called or requires. */
  readonly note?: string | undefined;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A drawing: where each state stands, and the line of each transition. */
export interface Drawing {
  readonly top: number;
  readonly height: number;
  readonly boxes: readonly (Box & { readonly state: string })[];
  readonly start: { readonly x: number; readonly y: number } | undefined;
  readonly lines: readonly { readonly edge: LifecycleEdge; readonly path: string }[];
}

const BOX = { width: 120, height: 38 };
export const WIDTH = 512;

const BAR = { x: 1, width: 510, height: 34 };

/** Where the known states stand. Compromised and what ends a key are bars over the whole width, so that few lines cross. */
const PLACES: Readonly<Record<string, Box>> = {
  compromised: { ...BAR, y: 8 },
  'pre-active': { x: 20, y: 98, ...BOX },
  active: { x: 168, y: 98, ...BOX },
  deactivated: { x: 342, y: 98, ...BOX },
  suspended: { x: 255, y: 172, ...BOX },
  'pending-destruction': { x: 316, y: 172, width: 172, height: 38 },
  destroyed: { ...BAR, y: 240 },
  deleted: { ...BAR, y: 240 },
  removed: { ...BAR, y: 306 },
};

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
  'active>deleted': 'M214 136V238',
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

const namesIn = (edges: readonly LifecycleEdge[]): string[] => [
  ...new Set(edges.flatMap(({ from, to }) => (from === 'none' ? [to] : [from, to]))),
];

/** By the picture where it has every state of the profile, else in ranks by how far each state is from the start. */
export function drawn(edges: readonly LifecycleEdge[]): Drawing {
  const states = namesIn(edges);
  return states.every((state) => Object.hasOwn(PLACES, state)) ? byPicture(states, edges) : byRank(states, edges);
}

function byPicture(states: readonly string[], edges: readonly LifecycleEdge[]): Drawing {
  const boxes = Object.keys(PLACES)
    .filter((state) => states.includes(state))
    .map((state) => ({ state, ...PLACES[state]! }));
  const top = states.includes('compromised') ? 0 : 76;
  return {
    top,
    height: (states.includes('removed') ? 346 : 282) - top,
    boxes,
    start: edges.some(({ from }) => from === 'none') ? { x: 4, y: 117 } : undefined,
    lines: edges.map((edge) => ({ edge, path: routeOf(edge, edges, boxes) })),
  };
}

/** The line of a transition; transitions that have no line of their own are joined box to box. */
function routeOf(edge: LifecycleEdge, edges: readonly LifecycleEdge[], boxes: Drawing['boxes']): string {
  const id = `${edge.from}>${edge.to}`;
  if (id === 'active>deactivated' && !edges.some(({ from, to }) => from === 'suspended' && to === 'compromised'))
    return 'M288 124H340';
  return ROUTES[id] ?? joined(edge, edges, boxes, { x: 4, y: 117 });
}

const COLUMNS = 3;
const RANK = 74;

function byRank(states: readonly string[], edges: readonly LifecycleEdge[]): Drawing {
  const ranks: string[][] = [];
  const placed = new Set<string>(['none']);
  for (let front = ['none']; front.length > 0;) {
    const next = states.filter(
      (state) => !placed.has(state) && edges.some(({ from, to }) => to === state && front.includes(from)),
    );
    next.forEach((state) => placed.add(state));
    for (let at = 0; at < next.length; at += COLUMNS) ranks.push(next.slice(at, at + COLUMNS));
    front = next;
  }
  const left = states.filter((state) => !placed.has(state));
  for (let at = 0; at < left.length; at += COLUMNS) ranks.push(left.slice(at, at + COLUMNS));
  const boxes = ranks.flatMap((rank, row) =>
    rank.map((state, column) => {
      const width = Math.min(230, WIDTH / rank.length - 12);
      return { state, x: ((column + 0.5) * WIDTH) / rank.length - width / 2, y: 34 + row * RANK, width, height: 38 };
    }),
  );
  const start = { x: WIDTH / 2, y: 8 };
  return {
    top: 0,
    height: 34 + ranks.length * RANK - 24,
    boxes,
    start: edges.some(({ from }) => from === 'none') ? start : undefined,
    lines: edges.map((edge) => ({ edge, path: joined(edge, edges, boxes, start) })),
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A straight line between the borders of two boxes. Of two that lead both ways each is moved a little to its side. */
function joined(edge: LifecycleEdge, edges: readonly LifecycleEdge[], boxes: Drawing['boxes'], start: Point): string {
  const from = boxes.find(({ state }) => state === edge.from);
  const to = boxes.find(({ state }) => state === edge.to);
  if (!to) return '';
  if (from === to) {
    const right = to.x + to.width;
    return `M${right - 34} ${to.y}v-14h24v12`;
  }
  const middle = (box: Box): Point => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
  const [a, b] = [from ? middle(from) : start, middle(to)];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const aside = edges.some((other) => other.from === edge.to && other.to === edge.from) ? 7 : 0;
  const [dx, dy] = [(-(b.y - a.y) / length) * aside, ((b.x - a.x) / length) * aside];
  const begin = from ? border(a, b, from, 0) : a;
  const end = border(b, a, to, 2);
  const at = ({ x, y }: Point): string => `${(x + dx).toFixed(1)} ${(y + dy).toFixed(1)}`;
  return `M${at(begin)}L${at(end)}`;
}

/** Where the line from the middle of a box towards a point leaves it, and `gap` further. */
function border(middle: Point, towards: Point, { width, height }: Box, gap: number): Point {
  const [dx, dy] = [towards.x - middle.x, towards.y - middle.y];
  const scale = Math.min(
    dx === 0 ? Infinity : (width / 2 + gap) / Math.abs(dx),
    dy === 0 ? Infinity : (height / 2 + gap) / Math.abs(dy),
  );
  return { x: middle.x + dx * scale, y: middle.y + dy * scale };
}
