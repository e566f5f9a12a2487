import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import setup from '../../scripts/vitest/hosts.mjs';
import { Bench, must, PASSPHRASE } from '../ceremony/bench.ts';
import { Changes, startLive, type Live } from './harness/live.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let live: Live;
let bench: Bench;
let page: Page;
let violations: string[];

beforeAll(async () => {
  await setup();
  const changes = new Changes();
  bench = await Bench.start({ changed: changes.changed });
  await bench.setUp();
  must(await bench.freeze());
  live = await startLive();
  ({ page, violations } = await live.open(bench, changes, { theme: 'dark', width: 1366, height: 768 }));
  page.setDefaultTimeout(15_000);
});
afterAll(async () => {
  await live.close();
  await bench.close();
});

const announced = (): Promise<string | null> => page.locator('[data-announcer=polite]').textContent();
const button = (name: string) => page.getByRole('button', { name, exact: true });

/** The step has begun: focus is on its title, and a screen reader was told. */
async function begun(number: number, title: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent?.trim())).toBe(title);
  await expect.poll(announced).toContain(`Step ${number} of 16. ${title}`);
  await clean();
}

async function clean(): Promise<void> {
  const found = await page.evaluate<string[]>(
    `${AXE}; axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ' ' + n.target.join(' ')))) `,
  );
  expect(found).toEqual([]);
}

async function confirm(act = 'Confirm this step'): Promise<void> {
  for (const name of ['Ada Admin, Administrator', 'Will Witness, Witness']) {
    await page.getByRole('checkbox', { name, exact: true }).focus();
    await page.keyboard.press('Space');
  }
  await button(act).focus();
  await page.keyboard.press('Enter');
}

async function hold(name: string): Promise<void> {
  const held = page.getByRole('button', { name }).first();
  await expect.poll(() => held.getAttribute('aria-disabled'), { timeout: 10_000 }).toBeNull();
  await held.focus();
  await page.keyboard.down('Space');
  await page.waitForTimeout(2100);
  await page.keyboard.up('Space');
}

/** Gives the desk to a custodian and fills in everything; `wrong` types a group that is not on the paper. */
async function atDesk(name: string, wrong = false): Promise<void> {
  await button(`Approve or decline as ${name}`).click();
  const groups = page.getByLabel(/^Row [A-D], group [1-4]$/);
  await groups.first().waitFor();
  await clean();
  await page.getByRole('checkbox').first().focus();
  for (let row = 0; row < 4; row++) await page.keyboard.press('Space');
  await typeGroups(wrong);
}

async function typeGroups(wrong: boolean): Promise<void> {
  const digest = bench.view.ceremony!.plan.sha256.match(/.{4}/g)!;
  for (const field of await page.getByLabel(/^Row [A-D], group [1-4]$/).all()) {
    const label = await field.evaluate((input) => (input as HTMLInputElement).labels?.[0]?.textContent ?? '');
    const [, row = 'A', place = '1'] = /Row ([A-D]), group ([1-4])/.exec(label) ?? [];
    const group = digest['ABCD'.indexOf(row) * 4 + Number(place) - 1]!;
    await field.fill(
      wrong
        ? [...group]
            .reverse()
            .join('')
            .replace(/^./, group[0] === '0' ? '1' : '0')
        : group,
    );
  }
  await page.getByLabel('Passphrase of your key file').fill(PASSPHRASE);
}

describe('a ceremony through its screens, by keyboard, in front of the real application', { concurrent: false }, () => {
  test('the room, the workstation and the ledger root are confirmed by administrator and witness', async () => {
    await begun(1, 'Check the room and the recording');
    expect(await page.locator('.act .btn').first().getAttribute('aria-disabled')).toBe('true');
    await confirm();
    await begun(2, 'Check the workstation and the air gap');
    await confirm();
    await begun(3, 'Read the ledger root aloud');
    const root = page.getByRole('group', { name: 'Ledger root, SHA-256' });
    expect((await root.locator('b').allTextContents()).join('')).toBe(bench.view.status.ledger!.root);
    await confirm();
    await begun(4, 'Approve the plan');
  });

  test('wrong groups are judged by the application and not by the screen: APPROVAL-9, and nothing is approved', async () => {
    await atDesk('Carl One', true);
    await hold('Approve generation');
    const failure = page.getByRole('group', { name: 'This did not happen' });
    await failure.waitFor();
    expect(await failure.textContent()).toContain('APPROVAL-9');
    expect(bench.view.ceremony!.quorum!.approved).toBe(0);
    expect(await page.getByLabel('Passphrase of your key file').inputValue()).toBe('');
    await typeGroups(false);
    await hold('Approve generation');
    await begun(4, 'Approve the plan');
    expect(bench.view.ceremony!.quorum!.approved).toBe(1);
  });

  test('the second custodian approves without holding, by typing row A', async () => {
    await atDesk('Cleo Two');
    await button('Cannot hold? Type row A instead').click();
    const dialog = page.getByRole('alertdialog', { name: 'Approve generation without holding' });
    await dialog.getByLabel('Row A, sixteen digits').fill(bench.view.ceremony!.plan.sha256.slice(0, 16));
    await dialog.getByRole('button', { name: 'Approve generation' }).click();
    await begun(5, 'Log in to the token');
  });

  test('a wrong PIN is said with call and return value, and the token’s warning in words', async () => {
    await page.getByLabel('User PIN of the token').fill('not the PIN');
    await button('Log in to the token').click();
    const failure = page.getByRole('group', { name: 'This did not happen' });
    await failure.waitFor();
    expect(await failure.textContent()).toContain('CKR_PIN_INCORRECT');
    expect(await page.locator('.stage').textContent()).toContain('Tries are running low.');
    await page.getByLabel('User PIN of the token').fill(bench.userPin);
    await page.keyboard.press('Enter');
    await begun(6, 'Generate the signing key pair inside the HSM');
  });

  test('an exception is written to the ledger and shown at its step', async () => {
    await button('Record exception').click();
    await page.getByRole('alertdialog').getByLabel('What happened').fill('The clock on the wall is a minute late.');
    await button('Record it').click();
    await page.getByText('Exceptions recorded at this step').waitFor();
    expect(bench.entries('exception.recorded')).toHaveLength(1);
  });

  test('the key is generated by holding, read back against the plan, and its fingerprint is read aloud', async () => {
    await page.locator('.params tr').last().scrollIntoViewIfNeeded();
    await hold('Generate key pair');
    await begun(7, 'Read back the key attributes');
    expect(await page.locator('.compare tbody tr').count()).toBe(30);
    expect(await page.locator('.compare tr.differs').count()).toBe(0);
    await confirm('Confirm the read-back');
    await begun(8, 'Read the fingerprint aloud');
    const fingerprint = page.getByRole('group', { name: 'Public key fingerprint, SHA-256' });
    expect((await fingerprint.locator('b').allTextContents()).join('')).toBe(bench.view.ceremony!.key!.spkiSha256);
    await confirm();
    await begun(9, 'Make the certificate request');
    await button('Make the request').click();
    await begun(10, 'Log out for the second decision');
  });

  test('a press that began before a snapshot came is not lost: the button keeps its element and its place', async () => {
    await button('Log out').click();
    await begun(11, 'Approve the activation');
    const cyd = button('Approve or decline as Cyd Three');
    const element = await cyd.elementHandle();
    if (element === null) throw new Error('The button is not there.');
    const before = (await element.boundingBox())!;
    await page.mouse.move(before.x + before.width / 2, before.y + before.height / 2);
    await page.mouse.down();
    must(await bench.approve('custodian-1', 'activate'));
    await page.getByText('1 of 2 required approvals are given.').waitFor();
    expect(await element.evaluate((one) => one.isConnected)).toBe(true);
    expect(await element.boundingBox()).toEqual(before);
    await page.mouse.up();
    await button('Back without deciding').click();
    await begun(11, 'Approve the activation');
  });

  test('when the HSM host is gone, the step asks for a login again before it asks for the act', async () => {
    await atDesk('Cyd Three');
    await hold('Approve activation');
    await begun(12, 'Log in to activate');
    await page.getByLabel('User PIN of the token').fill(bench.userPin);
    await button('Log in to the token').click();
    await begun(13, 'Make the key active');
    must(await bench.h['hsm.abort']({}));
    await page.getByText('No session is open').first().waitFor();
    await page.getByLabel('User PIN of the token').fill(bench.userPin);
    await button('Log in to the token').click();
    await page.locator('.params tr').last().scrollIntoViewIfNeeded();
    await hold('Make the key active');
    await begun(14, 'Make and verify a test signature');
  });

  test('the bundle is exported, the ceremony closes, and the bundle verifies from its last page', async () => {
    await button('Make and verify').click();
    await begun(15, 'Export the attestation bundle');
    await button('Sign and write the bundle').click();
    await begun(16, 'Log out and close');
    const digest = page.getByRole('group', { name: 'Bundle digest, SHA-256' });
    expect((await digest.locator('b').allTextContents()).join('')).toBe(bench.view.ceremony!.bundle!.sha256);
    await button('Log out and close the ceremony').click();
    await page.getByRole('heading', { level: 1, name: 'The ceremony is closed' }).waitFor();
    await clean();
    await button('Verify the bundle').click();
    await page.getByRole('heading', { level: 1, name: /^TEST ONLY: every required check/ }).waitFor();
    expect(await page.locator('.chk tr.f').count()).toBe(0);
    await clean();
  });

  test('keys and ledger show what was made, where it was read, and the proof of an entry', async () => {
    await button('Keys').click();
    await page.locator('[data-key]').first().focus();
    await page.keyboard.press('Enter');
    await page.getByRole('complementary', { name: 'Key detail' }).getByText('Both halves are active.').waitFor();
    await clean();
    await page.getByRole('button', { name: /^See entry \d+ in the ledger$/ }).click();
    await page.getByRole('heading', { level: 2, name: /^Entry \d+ is in the ledger$/ }).waitFor();
    await button('Verify the whole ledger now').click();
    await page
      .getByText(/^Nothing that was checked is wrong: \d+ entries, \d+ of them sealed\.$/)
      .first()
      .waitFor();
    await page.getByRole('heading', { level: 2, name: /^Findings: / }).waitFor();
    await page.getByLabel('Event').selectOption('exception.recorded');
    await expect.poll(() => page.locator('[data-entry]').count()).toBe(1);
    await clean();
    expect(violations).toEqual([]);
  });

  test('an outside clock is read by one person and seen by another, and says how far off the workstation may be', async () => {
    await button('Read an outside clock').click();
    const dialog = page.getByRole('dialog', { name: 'Read an outside clock' });
    await dialog.waitFor();
    await clean();
    const record = dialog.getByRole('button', { name: /^Record the reading/ });
    expect(await record.getAttribute('aria-disabled')).toBe('true');
    await dialog.getByLabel('Who reads the clock').selectOption('administrator-1');
    await dialog.getByLabel('Who sees it and confirms').selectOption('witness-1');
    await dialog.getByLabel('Which clock').fill('Radio clock on the wall');
    const now = new Date().toISOString().slice(0, 19).replace('T', ' ');
    await dialog.getByLabel('Time it shows, UTC').fill(now);
    await dialog.getByLabel('The witness saw the clock show this time when it was recorded.').check();
    await record.click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText(`Last read ${now} UTC, give or take 2 s, in entry `).waitFor();
    await page.getByText(/^By that reading the clock of the workstation is off by at most \d+ s now\.$/).waitFor();
    await clean();
    expect(violations).toEqual([]);
  });
});
