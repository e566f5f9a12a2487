/**
 * Screens that a ceremony without trouble never shows: dialogs, failures, refusals. Each is reached with the keyboard
 * alone, and axe looks at it in both themes. The screens of a ceremony are looked at in the rehearsal.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterEach, describe, expect, test } from 'vitest';
import { violations, violationsInBothThemes } from './axe.ts';
import { Crew } from './crew.ts';
import { Keyboard, PATIENCE } from './hands.ts';
import { launchApp, newFolder, type LaunchedApp } from './launch.ts';
import { switchTheme } from './pictures.ts';
import { journalOf, prepareVault } from './prepared.ts';

let launched: LaunchedApp | undefined;
const folders: string[] = [];

afterEach(async () => {
  await launched?.close();
  launched = undefined;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function start(dataDir: string): Promise<Crew> {
  folders.push(dataDir);
  launched = await launchApp({ dataDir });
  return new Crew({ page: launched.page, hands: new Keyboard(launched.page) });
}

/** Opens a dialog in one theme and then in the other, looks at it, and goes back with Escape. */
async function lookIntoDialog(crew: Crew, opener: Locator, title: string): Promise<string[]> {
  const { page } = crew;
  const found: string[] = [];
  for (const theme of ['light', 'dark']) {
    await crew.hands.press(opener);
    const dialog = page.getByRole('dialog', { name: title }).or(page.getByRole('alertdialog', { name: title }));
    await dialog.waitFor({ timeout: PATIENCE });
    found.push(...(await violations(page, `${title}, ${theme}`)));
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden', timeout: PATIENCE });
    // The focus goes back in a turn of its own, after the dialog is gone.
    const goneBack = () => opener.evaluate((element) => element === document.activeElement);
    await expect.poll(goneBack, { timeout: PATIENCE }).toBe(true);
    await switchTheme(page);
  }
  return found;
}

const entries = (dataDir: string, type: string) => journalOf(dataDir).filter((entry) => entry.type === type);

test('the first run: modules that are missing or no library are explained', async () => {
  const crew = await start(newFolder('axe'));
  const { page, hands } = crew;
  await crew.at('Which HSM will hold the keys?');
  expect(await violationsInBothThemes(page, 'first run')).toEqual([]);
  expect(await lookIntoDialog(crew, crew.button('Choose another module file'), 'Use a PKCS#11 module file')).toEqual(
    [],
  );

  for (const [path, words] of [
    ['/usr/lib/there-is-no-such-file.so', /there-is-no-such-file/],
    ['/etc/passwd', /passwd/],
  ] as const) {
    await hands.press(crew.button('Choose another module file'));
    await hands.write(page.getByRole('textbox', { name: 'Path of the module file' }), path);
    await hands.press(crew.button('Look at this module'));
    await page.getByRole('alert').filter({ hasText: words }).first().waitFor({ timeout: PATIENCE });
    expect(await violationsInBothThemes(page, path)).toEqual([]);
  }
});

test('a ledger that was changed is refused, with the rule and what to do', async () => {
  const { dataDir } = await prepareVault('refused');
  const journal = join(dataDir, 'vault', 'ledger', 'journal.jsonl');
  const bytes = readFileSync(journal);
  const at = bytes.indexOf('rehearsal');
  bytes.write('R', at);
  writeFileSync(journal, bytes);
  const crew = await start(dataDir);
  await crew.at('This vault is not opened');
  await crew.page
    .getByText(/^Rule [A-Z]/)
    .first()
    .waitFor({ timeout: PATIENCE });
  expect(await violationsInBothThemes(crew.page, 'refused')).toEqual([]);
});

describe('what can go otherwise in a ceremony', () => {
  test('exception, refusal, typing instead of holding, decline and stop', async () => {
    const prepared = await prepareVault('trouble', { until: 'approve-generate' });
    const { dataDir } = prepared;
    const crew = await start(dataDir);
    const { page, hands } = crew;
    await crew.at('Approve the plan');
    const [one, two] = prepared.people.filter(({ role }) => role === 'Custodian');
    if (!one || !two) throw new Error('There are no custodians.');
    const groups = prepared.planSheet;

    // An exception is recorded and the ceremony goes on.
    expect(await lookIntoDialog(crew, crew.button('Record exception'), 'Record an exception')).toEqual([]);
    await hands.press(crew.button('Record exception'));
    await hands.write(page.getByRole('textbox', { name: 'What happened' }), 'The fire door was opened for a minute.');
    await hands.press(crew.button('Record it'));
    await page.getByText('The fire door was opened for a minute.').first().waitFor({ timeout: PATIENCE });
    expect(entries(dataDir, 'exception.recorded')).toHaveLength(1);

    // A wrong passphrase is refused, and says so where the focus then is.
    await hands.press(crew.button(`Approve or decline as ${one.name}`));
    await crew.atDesk();
    expect(await lookIntoDialog(crew, crew.button('Decline'), 'Decline this plan')).toEqual([]);
    await crew.compare(hands, groups);
    await hands.write(page.getByLabel('Passphrase of your key file', { exact: true }), 'not my passphrase');
    await crew.hold(hands, 'Approve generation');
    const refused = page.getByRole('group', { name: 'This did not happen' });
    await refused.waitFor({ timeout: PATIENCE });
    const focused = () => refused.evaluate((element) => element.contains(document.activeElement));
    await expect.poll(focused, { timeout: PATIENCE }).toBe(true);
    expect(await violationsInBothThemes(page, 'wrong passphrase')).toEqual([]);
    expect(entries(dataDir, 'command.refused')).toHaveLength(1);
    expect(entries(dataDir, 'approval.given')).toHaveLength(0);

    // Who cannot hold a button types row A instead.
    await hands.write(page.getByLabel('Passphrase of your key file', { exact: true }), one.passphrase);
    await hands.press(crew.button('Cannot hold? Type row A instead'));
    await hands.write(page.getByRole('textbox', { name: 'Row A, sixteen digits' }), groups.slice(0, 4).join(' '));
    expect(await violations(page, 'typing row A')).toEqual([]);
    await hands.press(page.getByRole('alertdialog').getByRole('button', { name: 'Approve generation', exact: true }));
    await crew.at('Approve the plan');
    await page.getByText(/^Approved \d\d:\d\d:\d\d UTC$/).waitFor({ timeout: PATIENCE });
    expect(entries(dataDir, 'approval.given')).toHaveLength(1);

    // A decline is signed with a reason.
    await hands.press(crew.button(`Approve or decline as ${two.name}`));
    await crew.atDesk();
    await hands.press(crew.button('Decline'));
    await hands.write(page.getByRole('textbox', { name: 'Why you decline' }), 'The label is not the one on my sheet.');
    await hands.write(page.getByLabel('Passphrase, to sign your decline', { exact: true }), two.passphrase);
    await hands.press(crew.button('Sign and decline'));
    await page.getByText(/^Declined \d\d:\d\d:\d\d UTC$/).waitFor({ timeout: PATIENCE });
    expect(entries(dataDir, 'approval.declined')).toHaveLength(1);
    expect(await violationsInBothThemes(page, 'declined')).toEqual([]);

    // The ceremony is stopped with a typed reason and by nothing else.
    await page.keyboard.press('Escape');
    expect(await lookIntoDialog(crew, crew.button('Stop ceremony'), 'Stop this ceremony')).toEqual([]);
    await hands.press(crew.button('Stop ceremony'));
    await hands.write(page.getByRole('textbox', { name: 'What happened' }), 'A custodian declined.');
    await hands.press(crew.button('Stop the ceremony'));
    await crew.at('The ceremony was stopped');
    expect(entries(dataDir, 'ceremony.closed')).toMatchObject([{ data: { outcome: 'stopped' } }]);
    expect(await violationsInBothThemes(page, 'stopped')).toEqual([]);
  });
});
