/** What a person does when the HSM hangs in the midst of a ceremony. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Crew } from './crew.ts';
import { PATIENCE, Pointer } from './hands.ts';
import { hsmHosts, ticks, until } from './hsm-host.ts';
import { launchApp, type LaunchedApp } from './launch.ts';
import { journalOf, openIntents, prepareVault, type Prepared } from './prepared.ts';

const TITLE = 'Generate the signing key pair inside the HSM';
const ENDED = 'The HSM host process was ended on request. The application goes on.';

let prepared: Prepared;
let launched: LaunchedApp;
let crew: Crew;

/** RSA 4096, so that there is time to end its making. */
beforeAll(async () => {
  prepared = await prepareVault('interrupted', {
    plan: { label: 'ENDED-KEY-1', mechanism: 'rsa-4096' },
    until: 'login-generate',
  });
  launched = await launchApp({ dataDir: prepared.dataDir });
  const { page } = launched;
  crew = new Crew({ page, hands: new Pointer(page) });
  crew.userPin = prepared.userPin;
  await crew.at('Log in to the token');
  await crew.logIn();
  await crew.at(TITLE);
});
afterAll(async () => {
  await launched?.close();
  rmSync(prepared.dataDir, { recursive: true, force: true });
});

const entries = (type: string) => journalOf(prepared.dataDir).filter((entry) => entry.type === type);
const generate = (): Promise<void> =>
  crew.do({ id: 'generate', title: TITLE, deed: { do: 'hold', hold: 'Generate key pair' } });

test('a person ends a hanging HSM process with the button beside the act, and its host is gone', async () => {
  const [host] = hsmHosts(launched.pid);
  if (host === undefined) throw new Error('There is no HSM host.');
  await generate();
  await until(() => openIntents(prepared.dataDir).length === 1);
  const before = ticks(host);
  await until(() => ticks(host) - before > 2);
  // It hangs, as a device that does not answer makes it.
  process.kill(host, 'SIGSTOP');
  await crew.hands.press(crew.button('End the HSM process'));
  await crew.page.getByRole('heading', { name: 'Find out what happened', exact: true }).waitFor({ timeout: PATIENCE });
  expect(hsmHosts(launched.pid)).toEqual([]);
  expect(entries('hsm.lost')).toHaveLength(1);
  expect(openIntents(prepared.dataDir)).toHaveLength(1);
});

test('a notice that was read is dismissed, and the focus goes back to the title of the screen', async () => {
  const { page } = crew;
  const notice = page.getByRole('region', { name: 'Notices' }).getByText(ENDED, { exact: true });
  await notice.waitFor({ timeout: PATIENCE });
  await crew.hands.press(page.getByRole('button', { name: /^Dismiss ?: The HSM host process was ended on request/ }));
  await notice.waitFor({ state: 'hidden', timeout: PATIENCE });
  await until(() => openIntents(prepared.dataDir).length === 1);
  await crew.page.getByRole('heading', { name: 'Find out what happened', exact: true }).waitFor({ timeout: PATIENCE });
});

test('with the PIN typed again the token is asked once, and the ceremony goes on to the next step', async () => {
  await crew.hands.write(crew.page.getByLabel('User PIN of the token', { exact: true }), crew.userPin);
  await crew.hands.press(crew.button('Find out what happened'));
  await until(() => entries('act.recovered').length === 1);
  expect(openIntents(prepared.dataDir)).toEqual([]);
  await crew.at(TITLE);
  await generate();
  await crew.at('Read back the key attributes');
  expect(entries('act.recovered')).toHaveLength(1);
});
