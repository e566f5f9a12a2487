/**
 * What the kernel says of this workstation's network: interfaces with a link, and radios that are switched on. It
 * proves nothing against a workstation that lies about itself, and sees nothing of a removed cable that is plugged in
 * again later; it is read at start, at the step of the script that checks the air gap, and before every act.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One interface as `/sys/class/net/<name>` describes it (Linux, Documentation/ABI/testing/sysfs-class-net). */
export interface InterfaceFacts {
  readonly name: string;
  /** IFF_ flags of <linux/if.h>, or null where they cannot be read. */
  readonly flags: number | null;
  /** RFC 2863 state, such as `up`, `down`, `dormant`, `unknown`; null where it cannot be read. */
  readonly operstate: string | null;
  /** Whether a link is there. The kernel answers only for an interface that is switched on. */
  readonly carrier: boolean | null;
}

/** One transmitter as `/sys/class/rfkill/<n>` describes it. */
export interface RadioFacts {
  readonly name: string;
  /** `wlan`, `bluetooth`, `wwan`, … */
  readonly type: string;
  /** Blocked by software or by a switch. Null where it cannot be read. */
  readonly blocked: boolean | null;
}

export interface NetworkFacts {
  /** Null where the list cannot be read. */
  readonly interfaces: readonly InterfaceFacts[] | null;
  /** Empty also where the kernel has no rfkill. */
  readonly radios: readonly RadioFacts[];
}

export interface AirGap {
  /** Interfaces other than loopback over which something could be sent now. What cannot be read is counted. */
  readonly interfacesUp: readonly string[];
  /** Switched on, but without a link: an unplugged cable, a radio that has not joined. */
  readonly withoutLink: readonly string[];
  /** Transmitters that are not blocked, as `type name`. */
  readonly radiosOn: readonly string[];
  /** UTC, milliseconds. */
  readonly checkedAt: string;
}

const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;

/** States in which nothing can pass. Every other one, `unknown` included (tunnels, dummies), is taken for a link. */
const NO_LINK = ['down', 'lowerlayerdown', 'notpresent'];

export function judge(facts: NetworkFacts, checkedAt: string): AirGap {
  const others = (facts.interfaces ?? []).filter(({ flags }) => flags === null || (flags & IFF_LOOPBACK) === 0);
  const on = others.filter(({ flags }) => flags === null || (flags & IFF_UP) !== 0);
  const linked = on.filter(
    ({ operstate, carrier }) => carrier === true || operstate === null || !NO_LINK.includes(operstate),
  );
  const names = (list: readonly InterfaceFacts[]) => list.map(({ name }) => name).sort();
  return {
    interfacesUp: facts.interfaces === null ? ['not readable'] : names(linked),
    withoutLink: names(on.filter((each) => !linked.includes(each))),
    radiosOn: facts.radios.filter(({ blocked }) => blocked !== true).map(({ type, name }) => `${type} ${name}`),
    checkedAt,
  };
}

/** @param sys The folder of the kernel's device classes, another one in tests. */
export function readNetwork(sys = '/sys/class'): NetworkFacts {
  const read = (...path: string[]): string | null => {
    try {
      return readFileSync(join(sys, ...path), 'utf8').trim();
    } catch {
      return null;
    }
  };
  const list = (folder: string): string[] | null => {
    try {
      return readdirSync(join(sys, folder)).sort();
    } catch {
      return null;
    }
  };
  // `bonding_masters` is a file among the folders, and no interface.
  const interfaces = list('net')?.filter((name) => name !== 'bonding_masters') ?? null;
  return {
    interfaces:
      interfaces?.map((name) => {
        const flags = Number(read('net', name, 'flags') ?? NaN);
        const carrier = read('net', name, 'carrier');
        return {
          name,
          flags: Number.isSafeInteger(flags) ? flags : null,
          operstate: read('net', name, 'operstate'),
          carrier: carrier === null ? null : carrier === '1',
        };
      }) ?? null,
    radios: (list('rfkill') ?? []).map((entry) => {
      const blocks = [read('rfkill', entry, 'soft'), read('rfkill', entry, 'hard')];
      return {
        name: read('rfkill', entry, 'name') ?? entry,
        type: read('rfkill', entry, 'type') ?? 'radio',
        blocked: blocks.includes('1') ? true : blocks.includes(null) ? null : false,
      };
    }),
  };
}

export const readAirGap = (now: Date = new Date()): AirGap => judge(readNetwork(), now.toISOString());
