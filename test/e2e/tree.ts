/**
 * The accessibility tree as the browser hands it to assistive technology (Chrome DevTools Protocol, domain
 * Accessibility), read from outside the page: what a screen reader would be told.
 */
import type { CDPSession, Page } from 'playwright-core';

export interface Spoken {
  readonly role: string;
  readonly name: string;
  /** 0 where the role has none. */
  readonly level: number;
}

export interface LiveRegion {
  readonly politeness: string;
  readonly text: string;
}

interface RawNode {
  readonly nodeId: string;
  readonly ignored: boolean;
  readonly role?: { readonly value?: string };
  readonly name?: { readonly value?: string };
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value?: unknown } }[];
  readonly childIds?: readonly string[];
}

export class Tree {
  private constructor(private readonly session: CDPSession) {}

  static async of(page: Page): Promise<Tree> {
    const session = await page.context().newCDPSession(page);
    await session.send('Accessibility.enable');
    return new Tree(session);
  }

  async #nodes(): Promise<readonly RawNode[]> {
    return ((await this.session.send('Accessibility.getFullAXTree')) as { nodes: readonly RawNode[] }).nodes;
  }

  /** What has the focus; null where nothing but the page itself has. */
  async focused(): Promise<Spoken | null> {
    const nodes = await this.#nodes();
    const at = nodes.findLast((node) => role(node) !== 'RootWebArea' && property(node, 'focused') === true);
    return at ? spoken(at) : null;
  }

  /** Everything of one role, in the order of the page. */
  async all(wanted: string): Promise<Spoken[]> {
    return (await this.#nodes()).filter((node) => !node.ignored && role(node) === wanted).map(spoken);
  }

  /** Regions whose changes are announced, with the text that they hold now. */
  async liveRegions(): Promise<LiveRegion[]> {
    const nodes = await this.#nodes();
    const byId = new Map(nodes.map((node) => [node.nodeId, node]));
    const text = (node: RawNode): string =>
      role(node) === 'StaticText'
        ? (node.name?.value ?? '')
        : (node.childIds ?? []).map((id) => (byId.has(id) ? text(byId.get(id) as RawNode) : '')).join(' ');
    return nodes
      .filter((node) => ['status', 'alert'].includes(role(node)))
      .map((node) => ({
        politeness: (property(node, 'live') as string | undefined) ?? 'off',
        text: text(node).replaceAll('\u200b', ''),
      }));
  }
}

const role = (node: RawNode): string => node.role?.value ?? '';

const property = (node: RawNode, name: string): unknown =>
  node.properties?.find((each) => each.name === name)?.value.value;

const spoken = (node: RawNode): Spoken => ({
  role: role(node),
  name: node.name?.value ?? '',
  level: Number(property(node, 'level') ?? 0),
});
