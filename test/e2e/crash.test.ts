import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { violationsInBothThemes } from './axe.ts';
import { Crew } from './crew.ts';
import { PATIENCE, Pointer } from './hands.ts';
import { launchApp, type LaunchedApp } from './launch.ts';
import { journalOf, openIntents, prepareVault, type Prepared } from './prepared.ts';

const LABEL = 'CRASH-KEY-1';

let prepared: Prepared;
let launched: LaunchedApp | undefined;

afterEach(async () => {
  await launched?.kill();
  launched = undefined;
  rmSync(prepared.dataDir, { recursive: true, force: true });
});

async function start(env: Record<string, string> = {}): Promise<Crew> {
  launched = await launchApp({ dataDir: prepared.dataDir, env });
  const { page } = launched;
  const crew = new Crew({ page, hands: new Pointer(page) });
  crew.userPin = prepared.userPin;
  return crew;
}

/** Private keys with the label, as pkcs11-tool lists them: a witness that knows nothing of the application. */
function privateKeys(): number {
  const list = execFileSync(
    'pkcs11-tool',
    [
      '--module',
      '/usr/lib/softhsm/libsofthsm2.so',
      '--token-label',
      'conclave-rehearsal',
      '--login',
      '--list-objects',
    ].concat(['--type', 'privkey', '--pin', prepared.userPin]),
    { encoding: 'utf8', env: { ...process.env, SOFTHSM2_CONF: join(prepared.dataDir, 'softhsm', 'softhsm2.conf') } },
  );
  return list.split('\n').filter((line) => new RegExp(`label:\\s+${LABEL}$`).test(line)).length;
}

const entries = (type: string) => journalOf(prepared.dataDir).filter((entry) => entry.type === type);

/** Logs in and holds "Generate key pair"; the application ends itself at the crash point, as kill -9 would. */
async function generateAndCrash(point: string): Promise<void> {
  prepared = await prepareVault('crash', { plan: { label: LABEL }, until: 'login-generate' });
  const crew = await start({ CONCLAVE_CRASH_AT: point });
  await crew.at('Log in to the token');
  await crew.logIn();
  await crew.at('Generate the signing key pair inside the HSM');
  const child = launched?.app.process();
  const gone = new Promise<void>((resolve) => launched?.app.once('close', () => resolve()));
  await crew
    .do({
      id: 'generate',
      title: 'Generate the signing key pair inside the HSM',
      deed: { do: 'hold', hold: 'Generate key pair' },
    })
    .catch(() => undefined);
  await gone;
  expect(child?.signalCode).toBe('SIGKILL');
  launched = undefined;
}

/** Starts again, reads what the screen says was found, and lets the application ask the token. */
async function recover(): Promise<Crew> {
  const [intent] = openIntents(prepared.dataDir);
  const crew = await start();
  const { page } = crew;
  const found = `Entry ${intent?.seq} says that an act (key.generate) began. No outcome was recorded.`;
  await page.getByText(found, { exact: true }).first().waitFor({ timeout: PATIENCE });
  await page.getByRole('heading', { name: 'Find out what happened', exact: true }).waitFor({ timeout: PATIENCE });
  await crew.hands.write(page.getByLabel('User PIN of the token', { exact: true }), prepared.userPin);
  expect(await violationsInBothThemes(page, 'recovery')).toEqual([]);
  await crew.hands.press(crew.button('Find out what happened'));
  await page.getByText(found, { exact: true }).first().waitFor({ state: 'hidden', timeout: PATIENCE });
  return crew;
}

describe('kill -9 between intent and result, then a restart', () => {
  test('after the HSM made the key: the screen says what was found, the outcome is recorded once, and no second key is made', async () => {
    await generateAndCrash('hsm-after-call');
    expect(openIntents(prepared.dataDir)).toMatchObject([{ data: { act: 'key.generate' } }]);
    expect(privateKeys()).toBe(1);

    const crew = await recover();
    await crew.at('Read back the key attributes');
    expect(entries('act.recovered')).toHaveLength(1);
    expect(privateKeys()).toBe(1);

    // A second restart finds nothing that is open, and records nothing again.
    await launched?.close();
    const again = await start();
    await again.at('Read back the key attributes');
    await again.page.getByRole('heading', { name: 'Find out what happened' }).waitFor({ state: 'hidden' });
    expect(entries('act.recovered')).toHaveLength(1);
    expect(privateKeys()).toBe(1);
  });

  test('before the HSM was asked: the token holds nothing, that is recorded once, and the act can then be done', async () => {
    await generateAndCrash('intent-after-append');
    expect(privateKeys()).toBe(0);

    const crew = await recover();
    await crew.at('Generate the signing key pair inside the HSM');
    expect(entries('act.recovered')).toHaveLength(1);
    expect(privateKeys()).toBe(0);

    await crew.do({
      id: 'generate',
      title: 'Generate the signing key pair inside the HSM',
      deed: { do: 'hold', hold: 'Generate key pair' },
    });
    await crew.at('Read back the key attributes');
    expect(entries('act.recovered')).toHaveLength(1);
    expect(privateKeys()).toBe(1);
  });
});
