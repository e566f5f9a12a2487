import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Crew } from './crew.ts';
import { PATIENCE, Pointer } from './hands.ts';
import { launchApp, type LaunchedApp } from './launch.ts';
import { journalOf, openIntents, prepareVault, type Prepared } from './prepared.ts';

let prepared: Prepared;
let launched: LaunchedApp;
let crew: Crew;

/** The slowest key there is: RSA 4096 keeps a processor busy for seconds. */
beforeAll(async () => {
  prepared = await prepareVault('responsive', {
    plan: { label: 'SLOW-KEY-1', mechanism: 'rsa-4096' },
    until: 'login-generate',
  });
  launched = await launchApp({ dataDir: prepared.dataDir });
  const { page } = launched;
  crew = new Crew({ page, hands: new Pointer(page) });
  crew.userPin = prepared.userPin;
  await crew.at('Log in to the token');
  await crew.logIn();
});
afterAll(async () => {
  await launched?.close();
  rmSync(prepared.dataDir, { recursive: true, force: true });
});

const TITLE = 'Generate the signing key pair inside the HSM';

const entries = (type: string) => journalOf(prepared.dataDir).filter((entry) => entry.type === type);

/** How many acts have no outcome in the journal. */
const underWay = (): number => openIntents(prepared.dataDir).length;

/** Processor time of a process in clock ticks: user and system (proc_pid_stat(5), fields 14 and 15). */
function ticks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

const parentOf = (pid: number): number =>
  Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** The process below the application that has the PKCS#11 library mapped: no other may. */
function hsmHosts(): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const below = (pid: number): boolean => {
    for (let each = pid; each > 1; each = parentOf(each)) if (each === launched.pid) return true;
    return false;
  };
  return all.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/maps`, 'utf8').includes('libsofthsm2') && below(pid);
    } catch {
      // It ended while we looked.
      return false;
    }
  });
}

async function until(what: () => boolean): Promise<void> {
  await expect.poll(what, { timeout: PATIENCE, interval: 20 }).toBe(true);
}

const generate = (): Promise<void> =>
  crew.do({ id: 'generate', title: TITLE, deed: { do: 'hold', hold: 'Generate key pair' } });

test('only the HSM host has the PKCS#11 library in its memory', async () => {
  await crew.at(TITLE);
  const hosts = hsmHosts();
  expect(hosts).toHaveLength(1);
  expect(hosts).not.toContain(launched.pid);
});

test('when the HSM host is killed in mid-generation the application goes on, says so, and reconciles with the token', async () => {
  const { page } = crew;
  const [host] = hsmHosts();
  if (host === undefined) throw new Error('There is no HSM host.');
  await generate();
  await until(() => underWay() === 1);
  const before = ticks(host);
  // It has computed for a fifth of a second since the intent: it is in the midst of the primes.
  await until(() => ticks(host) - before > 20);
  process.kill(host, 'SIGKILL');

  await page
    .getByText('The HSM host process ended unexpectedly. The application goes on.')
    .first()
    .waitFor({ timeout: PATIENCE });
  expect(underWay()).toBe(1);
  await page.getByRole('heading', { name: 'Find out what happened', exact: true }).waitFor({ timeout: PATIENCE });
  await crew.hands.write(page.getByLabel('User PIN of the token', { exact: true }), crew.userPin);
  await crew.hands.press(crew.button('Find out what happened'));
  await until(() => entries('act.recovered').length === 1);
  await crew
    .button('Generate key pair')
    .or(page.getByRole('button', { name: /^Generate key pair, not available/ }))
    .waitFor({ timeout: PATIENCE });
  expect(underWay()).toBe(0);
  expect(hsmHosts()).toHaveLength(1);
  expect(hsmHosts()).not.toContain(host);
});

test('the window answers while an RSA 4096 key is made: what is begun during it is done before it ends', async () => {
  const { page } = crew;
  await generate();
  await until(() => underWay() === 1);
  await page.keyboard.press('F1');
  const dialog = page.getByRole('dialog', { name: 'Keys of the keyboard' });
  await dialog.waitFor({ timeout: PATIENCE });
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden', timeout: PATIENCE });
  await crew.go('Keys');
  await crew.at('Keys');
  // The order of events is the journal's: the outcome is not in it yet.
  expect(underWay()).toBe(1);
  await until(() => underWay() === 0);
  expect(entries('act.result').filter(({ data }) => data['act'] === 'key.generate')).toHaveLength(1);
  await crew.go('Ceremonies');
  await crew.at('Read back the key attributes');
});
