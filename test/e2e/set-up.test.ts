/** The first run where it is more than the rehearsal: a module chosen by its path, and set-ups that did not finish. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { findSoftHsm } from '../../electron/hsm/rehearsal.ts';
import { must } from '../ceremony/bench.ts';
import { violationsInBothThemes } from './axe.ts';
import { Crew } from './crew.ts';
import { PATIENCE, Pointer } from './hands.ts';
import { giveToApplication, launchApp, newFolder, type LaunchedApp } from './launch.ts';
import { journalOf } from './prepared.ts';

let launched: LaunchedApp | undefined;
const folders: string[] = [];

afterEach(async () => {
  await launched?.kill();
  launched = undefined;
  for (const each of folders.splice(0)) rmSync(each, { recursive: true, force: true });
});

function folder(label: string): string {
  const made = newFolder(label);
  folders.push(made);
  return made;
}

async function start(dataDir: string, env: Record<string, string> = {}): Promise<Crew> {
  launched = await launchApp({ dataDir, env });
  return new Crew({ page: launched.page, hands: new Pointer(launched.page) });
}

/**
 * A home folder whose SoftHSM has two tokens and, as always, one slot that is free. SoftHSM reads its user's
 * configuration below `$HOME`; the variable that names another is kept from the HSM host.
 */
function homeWithTokens(): string {
  const home = folder('home');
  mkdirSync(join(home, '.config', 'softhsm2'), { recursive: true });
  mkdirSync(join(home, 'tokens'));
  const conf = join(home, '.config', 'softhsm2', 'softhsm2.conf');
  writeFileSync(
    conf,
    `directories.tokendir = ${join(home, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  for (const label of ['NORTH-VAULT', 'NORTH-ROOT'])
    execFileSync(
      'softhsm2-util',
      ['--init-token', '--free', '--label', label, '--so-pin', '99998888', '--pin', '13571357'],
      { env: { ...process.env, SOFTHSM2_CONF: conf }, stdio: 'ignore' },
    );
  giveToApplication(home);
  return home;
}

test('a module chosen by its path shows its slots and tokens, and what is no module is explained', async () => {
  const home = homeWithTokens();
  const dataDir = folder('module');
  const crew = await start(dataDir, { HOME: home });
  const { page, hands } = crew;
  const look = async (path: string): Promise<void> => {
    await hands.press(crew.button('Choose another module file'));
    await hands.write(page.getByLabel('Path of the module file', { exact: true }), path);
    await hands.press(crew.button('Look at this module'));
    await page.getByRole('dialog').waitFor({ state: 'hidden', timeout: PATIENCE });
  };
  await crew.at('Which HSM will hold the keys?');

  const noModule = join(dataDir, 'no-module.so');
  writeFileSync(noModule, 'plain text');
  giveToApplication(noModule);
  await look(noModule);
  await page.getByText('Cannot be used', { exact: true }).waitFor({ timeout: PATIENCE });
  expect(await page.getByRole('main').innerText()).toContain(noModule);

  await look(must(findSoftHsm()));
  const shown = page.getByRole('combobox', { name: 'Slot shown' });
  await shown.waitFor({ timeout: PATIENCE });
  const slots = (await shown.getByRole('option').allTextContents()).map((slot) => slot.trim());
  expect(slots).toHaveLength(3);
  expect(slots).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^NORTH-VAULT, slot [0-9a-f]+$/),
      expect.stringMatching(/^NORTH-ROOT, slot [0-9a-f]+$/),
      expect.stringMatching(/^Slot [0-9a-f]+$/),
    ]),
  );
  for (const [label, role] of [
    [/^NORTH-VAULT, serial/, 'Token that holds the keys'],
    [/^NORTH-ROOT, serial/, 'Token of the operator root'],
  ] as const) {
    const choice = page.getByRole('combobox', { name: role });
    const [option] = (await choice.getByRole('option').allTextContents()).filter((one) => label.test(one.trim()));
    await hands.pick(choice, option?.trim() ?? '');
  }
  await hands.pick(
    shown,
    slots.find((slot) => slot.startsWith('Slot '))!,
  );
  await page
    .getByText(/C_GetTokenInfo/)
    .first()
    .waitFor({ timeout: PATIENCE });
  expect(await violationsInBothThemes(page, 'module by path')).toEqual([]);
  await hands.press(crew.button('Use this HSM'));
  await crew.at('Who takes part?');
});

describe('a set-up that did not finish', () => {
  test('is begun anew after the application was closed in it, and set aside after it was killed in its seal', async () => {
    const dataDir = folder('unfinished');
    const first = await start(dataDir);
    await first.chooseRehearsalVault();
    await first.at('Who takes part?');
    await launched!.close();
    // Nothing of a vault was written, so there is nothing to set aside.
    expect(existsSync(join(dataDir, 'vault', 'vault.json'))).toBe(false);

    const crew = await start(dataDir);
    await crew.chooseRehearsalVault();
    await crew.enrolEveryone();
    await crew.setPolicy('Unfinished');
    await crew.at('Seal the vault');
    await crew.hands.press(crew.button('Make the vault and seal it'));
    const journal = join(dataDir, 'vault', 'ledger', 'journal.jsonl');
    const begun = Date.now();
    while (!existsSync(journal) || !readFileSync(journal, 'utf8').includes('act.intent')) {
      if (Date.now() - begun > PATIENCE) throw new Error('The set-up made no act.');
      await new Promise((later) => setTimeout(later, 2));
    }
    await launched!.kill();
    expect(journalOf(dataDir).some(({ type }) => type === 'genesis.sealed')).toBe(false);

    const again = await start(dataDir);
    await again.at('An earlier set-up did not finish');
    expect(await violationsInBothThemes(again.page, 'unfinished')).toEqual([]);
    await again.hands.press(again.button('Set it aside'));
    await again.at('Which HSM will hold the keys?');
    const aside = readdirSync(dataDir).filter((name) => name.startsWith('unfinished-'));
    expect(aside.map((name) => name.replace(/-\d.*$/, '')).sort()).toEqual(['unfinished-softhsm', 'unfinished-vault']);
    expect(existsSync(journal)).toBe(false);
    await again.chooseRehearsalVault();
    await again.at('Who takes part?');
    // Five key files are made as slowly as the product makes them.
  }, 300_000);
});
