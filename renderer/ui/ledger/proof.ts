/** One level of an RFC 6962 inclusion proof: what was computed here, and the hash that came with the proof. */
export interface ProofLevel {
  readonly computed: ProofNode;
  readonly supplied: ProofNode;
  /** On which side the supplied hash stands. */
  readonly suppliedSide: 'left' | 'right';
}

export interface ProofNode {
  readonly hash: string;
  /** Which entries it covers, such as `185 to 188`. */
  readonly covers: string;
}

export interface ProofView {
  readonly title: string;
  readonly summary: string;
  /** From the entry upwards. */
  readonly levels: readonly ProofLevel[];
  readonly root: ProofNode;
}

export interface PlacedNode extends ProofNode {
  readonly x: number;
  readonly y: number;
  readonly kind: 'end' | 'computed' | 'supplied';
}

const HALF = 76;
const RISE = 47;
const BOX_WIDTH = 92;
export const BOX_HEIGHT = 37;

/** Places the path from the entry (bottom) to the root (top) and shifts it so that nothing falls off the left edge. */
export function layOut(view: ProofView): {
  nodes: PlacedNode[];
  lines: { d: string; own: boolean }[];
  width: number;
  height: number;
} {
  const nodes: PlacedNode[] = [];
  const lines: { d: string; own: boolean }[] = [];
  const height = view.levels.length * RISE + BOX_HEIGHT + 8;
  let centre = 0;
  let top = height - BOX_HEIGHT - 2;
  view.levels.forEach((level, index) => {
    const toParent = level.suppliedSide === 'right' ? HALF : -HALF;
    const parent = centre + toParent;
    const beside = parent + toParent;
    nodes.push({ ...level.computed, x: centre, y: top, kind: index === 0 ? 'end' : 'computed' });
    nodes.push({ ...level.supplied, x: beside, y: top, kind: 'supplied' });
    const join = top - RISE + BOX_HEIGHT / 2;
    lines.push({ d: `M${beside} ${top}V${join}H${parent}`, own: false });
    lines.push({ d: `M${centre} ${top}V${join}H${parent}`, own: true });
    centre = parent;
    top -= RISE;
  });
  nodes.push({ ...view.root, x: centre, y: top, kind: 'end' });
  const leftmost = Math.min(...nodes.map((node) => node.x)) - BOX_WIDTH / 2;
  const rightmost = Math.max(...nodes.map((node) => node.x)) + BOX_WIDTH / 2;
  const shift = -leftmost + 1;
  return {
    nodes: nodes.map((node) => ({ ...node, x: node.x + shift })),
    lines: lines.map((line) => ({ ...line, d: moved(line.d, shift) })),
    width: rightmost - leftmost + 2,
    height,
  };
}

const moved = (d: string, shift: number): string =>
  d.replace(/([MH])(-?[\d.]+)/g, (_all, command: string, x: string) => `${command}${Number(x) + shift}`);
