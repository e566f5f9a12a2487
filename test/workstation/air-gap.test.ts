import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { judge, readAirGap, readNetwork } from '../../electron/workstation/air-gap.ts';

let sys: string;
beforeEach(() => {
  sys = mkdtempSync(join(tmpdir(), 'conclave-sys-'));
});
afterEach(() => rmSync(sys, { recursive: true }));

/** Writes files as the kernel would show them. */
const kernel = (files: Record<string, string>) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(sys, path)), { recursive: true });
    writeFileSync(join(sys, path), `${text}\n`);
  }
};
const NOW = '2026-01-02T03:04:05.678Z';
const judged = () => judge(readNetwork(sys), NOW);

describe('an interface counts as up', () => {
  test('when it has a link, with or without an address', () => {
    kernel({ 'net/eth0/flags': '0x1003', 'net/eth0/operstate': 'up', 'net/eth0/carrier': '1' });
    expect(judged().interfacesUp).toEqual(['eth0']);
  });

  test('when its state is unknown, as that of a tunnel is', () => {
    kernel({ 'net/tun0/flags': '0x10d1', 'net/tun0/operstate': 'unknown' });
    expect(judged().interfacesUp).toEqual(['tun0']);
  });

  test('when it has a carrier though its state says down', () => {
    kernel({ 'net/eth0/flags': '0x1003', 'net/eth0/operstate': 'down', 'net/eth0/carrier': '1' });
    expect(judged().interfacesUp).toEqual(['eth0']);
  });

  test('when nothing of it can be read', () => {
    mkdirSync(join(sys, 'net/odd0'), { recursive: true });
    expect(judged().interfacesUp).toEqual(['odd0']);
  });

  test('and so does a list of interfaces that cannot be read at all', () => {
    expect(judged().interfacesUp).toEqual(['not readable']);
  });
});

describe('an interface does not count as up', () => {
  test('when it is loopback', () => {
    kernel({ 'net/lo/flags': '0x9', 'net/lo/operstate': 'unknown', 'net/lo/carrier': '1' });
    expect(judged()).toEqual({ interfacesUp: [], withoutLink: [], radiosOn: [], checkedAt: NOW });
  });

  test('when it is switched off', () => {
    kernel({ 'net/eth0/flags': '0x1002', 'net/eth0/operstate': 'down', 'net/bonding_masters': '' });
    expect(judged()).toMatchObject({ interfacesUp: [], withoutLink: [] });
  });

  test('when its cable is out, which is told apart', () => {
    kernel({ 'net/eth0/flags': '0x1003', 'net/eth0/operstate': 'down', 'net/eth0/carrier': '0' });
    expect(judged()).toMatchObject({ interfacesUp: [], withoutLink: ['eth0'] });
  });
});

test('a radio is on unless software or a switch blocks it', () => {
  kernel({
    'rfkill/rfkill0/name': 'phy0',
    'rfkill/rfkill0/type': 'wlan',
    'rfkill/rfkill0/soft': '0',
    'rfkill/rfkill0/hard': '0',
    'rfkill/rfkill1/name': 'hci0',
    'rfkill/rfkill1/type': 'bluetooth',
    'rfkill/rfkill1/soft': '1',
    'rfkill/rfkill1/hard': '0',
    'rfkill/rfkill2/type': 'wwan',
    'rfkill/rfkill2/soft': '0',
  });
  expect(judged().radiosOn).toEqual(['wlan phy0', 'wwan rfkill2']);
});

test('on this machine it agrees with what the ip tool and Node say', () => {
  const { interfacesUp, withoutLink, checkedAt } = readAirGap(new Date(NOW));
  expect(checkedAt).toBe(NOW);
  const addressed = Object.entries(networkInterfaces())
    .filter(([, addresses]) => addresses?.some(({ internal }) => !internal))
    .map(([name]) => name);
  expect([...interfacesUp, ...withoutLink]).toEqual(expect.arrayContaining(addressed));
  const ip = spawnSync('ip', ['-o', 'link', 'show', 'up'], { encoding: 'utf8' });
  if (ip.status !== 0) return;
  const up = [...ip.stdout.matchAll(/^\d+: ([^:@]+)/gm)].map(([, name]) => name!).filter((name) => name !== 'lo');
  expect([...interfacesUp, ...withoutLink].sort()).toEqual(up.sort());
});
