import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Crew } from './crew.ts';
import { PATIENCE, Pointer } from './hands.ts';
import { hsmHosts, ticks, until } from './hsm-host.ts';
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

const generate = (): Promise<void> =>
  crew.do({ id: 'generate', title: TITLE, deed: { do: 'hold', hold: 'Generate key pair' } });

test('only the HSM host has the PKCS#11 library in its memory', async () => {
  await crew.at(TITLE);
  const hosts = hsmHosts(launched.pid);
  expect(hosts).toHaveLength(1);
  expect(hosts).not.toContain(launched.pid);
});

test('when the HSM host is killed in mid-generation the application goes on, says so, and reconciles with the token', async () => {
  const { page } = crew;
  const [host] = hsmHosts(launched.pid);
  if (host === undefined) throw new Error('There is no HSM host.');
  await generate();
  await until(() => underWay() === 1);
  const before = ticks(host);
  // It has computed since the intent: it is in the midst of the primes.
  await until(() => ticks(host) - before > 2);
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
  expect(hsmHosts(launched.pid)).toHaveLength(1);
  expect(hsmHosts(launched.pid)).not.toContain(host);
});

test('the window answers while an RSA 4096 key is made: what is begun during it is done before it ends', async () => {
  const { page } = crew;
  const [host] = hsmHosts(launched.pid);
  if (host === undefined) throw new Error('There is no HSM host.');
  await generate();
  await until(() => underWay() === 1);
  const before = ticks(host);
  await until(() => ticks(host) - before > 2);
  // A generation may end at once by luck. It is held in its midst until the window has answered.
  process.kill(host, 'SIGSTOP');
  await page.keyboard.press('F1');
  const dialog = page.getByRole('dialog', { name: 'Keys of the keyboard' });
  await dialog.waitFor({ timeout: PATIENCE });
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden', timeout: PATIENCE });
  await crew.go('Keys');
  await page.getByRole('heading', { level: 1, name: 'Keys', exact: true }).waitFor({ timeout: PATIENCE });
  // The ledger's page is answered by the privileged process, which must not wait for the HSM host either.
  await crew.go('Ledger');
  await page.getByRole('heading', { level: 1, name: 'Ledger', exact: true }).waitFor({ timeout: PATIENCE });
  await page.getByRole('row').nth(3).waitFor({ timeout: PATIENCE });
  // The order of events is the journal's: the outcome is not in it yet.
  expect(underWay()).toBe(1);
  process.kill(host, 'SIGCONT');
  await until(() => underWay() === 0);
  expect(entries('act.result').filter(({ data }) => data['act'] === 'key.generate')).toHaveLength(1);
  await crew.go('Ceremonies');
  await crew.at('Read back the key attributes');
});
