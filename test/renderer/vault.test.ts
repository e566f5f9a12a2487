import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVEN_WORDS, ODD_WORDS } from '../../core/digest/words.ts';
import { refusalShown } from '../../core/ledger/anchor-words.ts';
import { PROFILES } from '../../core/lifecycle/profiles/index.ts';
import { PURPOSES } from '../../core/lifecycle/purpose.ts';
import { planOptions } from './gallery/samples/plan.ts';
import { apps } from './gallery/samples/app.ts';
import { startGallery, type Gallery } from './harness/gallery.ts';
import { tooWide } from './harness/too-wide.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface AxeViolation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

let gallery: Gallery;
beforeAll(async () => {
  gallery = await startGallery();
}, 120_000);
afterAll(() => gallery?.close());

const acts = (page: Page): Promise<string[]> => page.locator('#acts li').allTextContents();
const said = async (page: Page): Promise<string> =>
  ((await page.locator('[data-announcer=polite]').textContent()) ?? '').replaceAll('\u200b', '');
const focusedTag = (page: Page): Promise<string> => page.evaluate(() => document.activeElement?.tagName ?? '');
const focusedText = (page: Page): Promise<string> =>
  page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');

/** Presses Tab until the control with this name has the focus; a control that Tab does not reach is a failure. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let turn = 0; turn < 60; turn++) {
    if ((await focusedText(page)) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab does not reach ${name}.`);
}

describe.each(['light', 'dark'])('in the %s theme', (theme) => {
  test.each(Object.keys(apps))(
    '%s begins at its title, says where it is, fits its window, and axe finds no violation',
    async (name) => {
      const { page, violations } = await gallery.open(`app:${name}`, { theme });
      await page.locator('main h1').waitFor();
      expect(await focusedTag(page)).toBe('H1');
      expect(await said(page)).not.toBe('');
      expect(await tooWide(page)).toEqual([]);
      const found = await page.evaluate<readonly AxeViolation[]>(
        `${AXE}; axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)`,
      );
      expect(found.flatMap((one) => one.nodes.map((node) => `${one.id} ${node.target.join(' ')}`))).toEqual([]);
      expect(violations).toEqual([]);
      await page.close();
    },
  );
});

test('no screen is wider than a window of 1366 x 768', async () => {
  for (const name of Object.keys(apps)) {
    const { page } = await gallery.open(`app:${name}`, { width: 1366, height: 768 });
    await page.locator('main h1').waitFor();
    expect(await tooWide(page), name).toEqual([]);
    await page.close();
  }
}, 240_000);

test.each([
  [1440, 900],
  [1366, 768],
])('a digest of the longest words fits beside the frozen plan at %i x %i', async (width, height) => {
  const { page } = await gallery.open('app:frozen', { width, height });
  await page.locator('aside.r .digest').waitFor();
  const words = [EVEN_WORDS, ODD_WORDS];
  await page.evaluate((lists) => {
    const probe = document.querySelector<HTMLElement>('aside.r .digest .gp span')!;
    probe.style.width = 'max-content';
    const longest = lists.map((list) => {
      const width = (word: string): number => {
        probe.textContent = word;
        return probe.getBoundingClientRect().width;
      };
      return list.reduce((one, other) => (width(other) > width(one) ? other : one));
    });
    probe.style.removeProperty('width');
    for (const pair of document.querySelectorAll('aside.r .digest .gp span'))
      pair.replaceChildren(longest[0]!, document.createElement('br'), longest[1]!);
  }, words);
  expect(await tooWide(page)).toEqual([]);
  await page.close();
});

describe('the first run, by keyboard alone', () => {
  test('chooses the rehearsal vault and goes on to the people, whose title gets the focus', async () => {
    const { page } = await gallery.open('app:first-run');
    await page.getByRole('heading', { level: 1, name: 'Which HSM will hold the keys?' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await tabTo(page, 'Set up the rehearsal vault');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Who takes part?' }).waitFor();
    expect(await acts(page)).toEqual(['app.snapshot', 'setup.chooseRehearsal', 'setup.goTo people']);
    expect(await focusedText(page)).toBe('Who takes part?');
    expect(await said(page)).toBe('Step 2 of 4: People. Who takes part?');
    await page.close();
  });

  test('offers every lifecycle profile with what it means, and hands the chosen one over', async () => {
    const { page } = await gallery.open('app:ledger-step');
    const choices = page.getByRole('radiogroup', { name: 'Lifecycle profile' });
    expect(await choices.getByRole('radio').count()).toBe(PROFILES.length);
    for (const { title, words } of PROFILES) {
      await choices.getByRole('radio', { name: title }).waitFor();
      await choices.getByText(words).waitFor();
    }
    await page.getByLabel('Name of the vault').fill('Aldermoor');
    await choices.getByRole('radio').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await tabTo(page, 'Continue to the seal');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Seal the vault' }).waitFor();
    expect(await acts(page)).toContain('setup.setLedger Aldermoor 2 false ibm-uko general');
    await page.close();
  });

  test('enrols a person, hands the passphrase over as bytes, empties the fields and shows the fingerprint', async () => {
    const { page } = await gallery.open('app:people-step');
    await page.getByLabel('Name').focus();
    await page.keyboard.type('Anneke de Vries');
    await page.keyboard.press('Tab');
    await page.keyboard.type('pässphrase');
    await page.keyboard.press('Tab');
    await page.keyboard.type('pässphrase');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: 'Approval key of Anneke de Vries' }).waitFor();
    expect(await focusedText(page)).toBe('Approval key of Anneke de Vries');
    expect(await said(page)).toBe('Anneke de Vries is enrolled. Read the fingerprint back.');
    // Eleven bytes in UTF-8, since ä takes two. The role is the first with an open place.
    expect((await acts(page)).at(-1)).toBe('setup.enrol custodian Anneke de Vries 11 bytes');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.getByLabel('Passphrase of the key file').inputValue()).toBe('');
    await page.close();
  });

  test('enrols a person with a card: its library, the slot and the PIN, and no key file', async () => {
    const { page } = await gallery.open('app:people-step');
    await page.getByLabel('Name').fill('Anneke de Vries');
    await page.getByRole('radio', { name: 'A card' }).check();
    expect(await page.getByLabel('Passphrase of the key file').count()).toBe(0);
    await page.getByRole('button', { name: 'Have the card sign and enrol' }).press('Enter');
    expect(await acts(page)).toEqual(['app.snapshot']);
    await page.getByLabel('PKCS#11 library of the card').fill('/opt/northgate/lib/libn4-pkcs11.so');
    await page.getByRole('button', { name: 'Look for cards' }).press('Enter');
    await page.getByLabel('Card', { exact: true }).waitFor();
    await page.getByLabel('PIN of the card').fill('123456');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: 'Approval key of Anneke de Vries' }).waitFor();
    expect((await acts(page)).at(-1)).toMatch(/^setup\.enrol custodian Anneke de Vries 6 bytes/);
    await page.close();
  });

  test('two different passphrases are not handed over: both fields are emptied and the first has the focus', async () => {
    const { page } = await gallery.open('app:people-step');
    await page.getByLabel('Name').fill('Somebody Else');
    await page.getByLabel('Passphrase of the key file').fill('one');
    await page.getByLabel('The same passphrase again').fill('two');
    await page.getByRole('button', { name: 'Make the key and enrol' }).press('Enter');
    await page.getByText('The two passphrases differ. Type both again.').waitFor();
    expect(await page.getByLabel('Passphrase of the key file').inputValue()).toBe('');
    expect(await page.getByLabel('The same passphrase again').inputValue()).toBe('');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('password');
    expect(await acts(page)).toEqual(['app.snapshot']);
    await page.close();
  });

  test('a name that is enrolled already, or that has other characters, is refused before anything is made', async () => {
    const { page } = await gallery.open('app:people-step');
    await page.getByLabel('Name').fill('ruth  halvorsen');
    await page.getByText('A name has letters, digits').waitFor();
    await page.getByLabel('Name').fill('ruth halvorsen');
    await page.getByText('This name is enrolled already.').waitFor();
    expect(await page.getByLabel('Name').getAttribute('aria-invalid')).toBe('true');
    await page.close();
  });

  test('shows the PINs once: after the button they are in no part of the page, and the digest follows', async () => {
    const { page } = await gallery.open('app:seal-step');
    await tabTo(page, 'Make the vault and seal it');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Write down these PINs now' }).waitFor();
    const pin = page
      .getByRole('row', { name: /User PIN of the vault token/ })
      .getByRole('cell')
      .first();
    expect(await pin.textContent()).toBe('705552483951');
    await tabTo(page, 'I have written them down');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'The vault is sealed' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toMatch(/705552483951|719170545099/);
    await tabTo(page, 'Go to the ceremonies');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Ceremonies' }).waitFor();
    await page.close();
  });

  test('the PINs of existing tokens are asked for, handed over as bytes, and their fields are emptied', async () => {
    const { page } = await gallery.open('app:seal-step-token');
    const act = page.getByRole('button', { name: 'Make the vault and seal it' });
    expect(await act.getAttribute('aria-disabled')).toBe('true');
    await page.getByLabel('User PIN of ALDERMOOR-CS-A').fill('123456');
    await page.getByLabel('User PIN of ALDERMOOR-ROOT').fill('12345678');
    await act.press('Enter');
    expect((await acts(page)).at(-1)).toBe('setup.seal 6 bytes 8 bytes');
    await page.close();
  });
});

describe('receipts, by keyboard alone', () => {
  test('a person is given the desk, cosigns the head that is shown, and takes a receipt', async () => {
    const { page } = await gallery.open('app:receipts');
    for (let turn = 0; turn < 30 && !(await focusedText(page)).includes('Ruth Halvorsen'); turn++)
      await page.keyboard.press('Tab');
    for (let turn = 0; turn < 3; turn++) await page.keyboard.press('ArrowDown');
    expect(await focusedText(page)).toContain('Tomás Ferreira');
    expect(await focusedText(page)).toContain('Has not cosigned');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 2, name: 'At the desk: Tomás Ferreira' }).waitFor();
    expect(await focusedText(page)).toBe('At the desk: Tomás Ferreira');
    await page.keyboard.press('Tab');
    await page.keyboard.type('pässphrase');
    await page.keyboard.press('Enter');
    // The head goes with it, as it is on the screen, and the passphrase as bytes.
    const [root] = (await page.locator('.receipts .digest b').allTextContents()).slice(0, 1);
    expect((await acts(page)).at(-1)).toMatch(
      new RegExp(`^cosign\\.sign custodian-3 180 ${root!}[0-9a-f]{60} 11 bytes$`),
    );
    expect(await page.getByLabel('Passphrase of the key file').inputValue()).toBe('');
    await tabTo(page, 'Give a receipt');
    await page.keyboard.press('Enter');
    await page.getByText('Take the medium away from the workstation.').first().waitFor();
    expect(await said(page)).toContain('The receipt of 180 entries was made.');
    expect((await acts(page)).at(-1)).toBe('receipt.give custodian-3');
    await page.close();
  });

  test('who has cosigned is not asked again, and an administrator is asked for nothing', async () => {
    const { page } = await gallery.open('app:receipts');
    await page.getByRole('button', { name: /Idris Okonjo/ }).press('Enter');
    await page.getByText('This person has cosigned this head.').waitFor();
    expect(await page.getByLabel('Passphrase of the key file').count()).toBe(0);
    await page.getByRole('button', { name: /Ruth Halvorsen/ }).press('Enter');
    await page.getByRole('heading', { level: 2, name: 'At the desk: Ruth Halvorsen' }).waitFor();
    expect(await page.getByLabel('Passphrase of the key file').count()).toBe(0);
    expect(await page.getByRole('button', { name: /Give a receipt/ }).count()).toBe(1);
    await page.close();
  });

  test('a production opening says what it asks for; skipping takes a typed reason', async () => {
    const { page } = await gallery.open('app:receipts-due');
    await page.getByText('A production vault asks for an earlier receipt at every opening').waitFor();
    await page.getByText('1 of 2 custodians and 0 of 1 witnesses have cosigned').waitFor();
    await tabTo(page, 'None is at hand');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('alertdialog', { name: 'No earlier receipt is shown' });
    await dialog.getByLabel('Why none is shown').fill('It is in the other safe.');
    await dialog.getByRole('button', { name: 'Record and go on' }).press('Enter');
    await page.getByText('The reason is in the ledger.').waitFor();
    expect((await acts(page)).at(-1)).toBe('receipt.skip It is in the other safe.');
    await page.close();
  });

  test('an earlier receipt that agrees says what that proves and what it does not', async () => {
    const { page } = await gallery.open('app:receipts');
    await tabTo(page, 'Show an earlier receipt');
    await page.keyboard.press('Enter');
    await page.getByText('The root agrees and the log signed it.').first().waitFor();
    expect(await page.getByText('Anything about entries after the receipt.').count()).toBe(1);
    await page.close();
  });
});

describe('the plan of a new key', () => {
  const named = (page: Page, name: string) => page.getByRole('combobox', { name });

  test('offers every purpose, greys what cannot be made here, and says why', async () => {
    const { page } = await gallery.open('app:plan');
    const purposes = [...new Set(PURPOSES.map(({ purpose }) => purpose))];
    expect(await named(page, 'Purpose').locator('option').count()).toBe(purposes.length);
    for (const purpose of purposes) {
      await named(page, 'Purpose').selectOption(purpose);
      const kinds = planOptions.kinds.filter((one) => one.purpose === purpose);
      for (const { mechanism, refused } of kinds) {
        const option = named(page, 'Kind of key').locator(`option[value=${mechanism}]`);
        expect([purpose, mechanism, await option.isDisabled()]).toEqual([purpose, mechanism, refused !== null]);
        if (refused) expect(await page.getByText(refused.words).count()).toBe(1);
      }
      const offered = kinds.some(({ refused }) => refused === null);
      const value = await named(page, 'Kind of key').inputValue();
      // What is chosen on its own can be made; where nothing can, nothing is chosen.
      expect(kinds.some(({ mechanism, refused }) => mechanism === value && refused === null)).toBe(offered);
    }
    await page.close();
  });

  test('hands purpose, kind and recovery over; a clone asks how it is made', async () => {
    const { page } = await gallery.open('app:plan');
    await page.getByLabel('Label of the key').fill('kek-1');
    await named(page, 'Purpose').selectOption('wrap');
    await named(page, 'Kind of key').selectOption('aes-256');
    await page.getByRole('radio', { name: 'A clone, made with the maker’s tool' }).check();
    await page.getByLabel('How the clone is made, and where it is kept').fill('On token CS-B, safe 2.');
    await page.getByRole('button', { name: 'Freeze the plan' }).press('Enter');
    await expect
      .poll(() => acts(page))
      .toContain('plan.freeze kek-1 aes-256 wrap active vendor-clone On token CS-B, safe 2.');
    await page.close();
  });
});

describe('what is found and what fails', () => {
  test('a refused call takes the focus and names its rule; dismissing it gives the focus back to the title', async () => {
    const { page } = await gallery.open('app:plan&failing=plan.freeze');
    await page.getByLabel('Label of the key').fill('K-1');
    await page.getByLabel('Why this key has no recovery').fill('None is needed.');
    await page.getByRole('button', { name: 'Freeze the plan' }).press('Enter');
    await page.getByRole('alert').filter({ hasText: 'This label is already in the ledger.' }).waitFor();
    expect(await focusedText(page)).toContain('Rule PLAN-3');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await focusedText(page)).toBe('What will be done?');
    await page.close();
  });

  test('a label that the contract would refuse is told apart at the field and not sent', async () => {
    const { page } = await gallery.open('app:plan');
    await page.getByLabel('Why this key has no recovery').fill('None is needed.');
    await page.getByLabel('Label of the key').fill('no spaces');
    await page.getByRole('button', { name: /Freeze the plan/ }).press('Enter');
    expect(await page.getByLabel('Label of the key').getAttribute('aria-invalid')).toBe('true');
    expect(await acts(page)).toEqual(['app.snapshot', 'plan.options']);
    await page.close();
  });

  test('notices are dismissed one by one; the focus goes to the next, then to the title', async () => {
    const { page } = await gallery.open('app:notices');
    const notices = page.getByRole('region', { name: 'Notices' });
    await notices.getByRole('button').first().press('Enter');
    await expect.poll(() => notices.getByRole('button').count()).toBe(1);
    expect(await focusedText(page)).toContain('Dismiss: The last line of the journal');
    await page.keyboard.press('Enter');
    await expect.poll(() => notices.getByRole('button').count()).toBe(0);
    expect(await focusedText(page)).toBe('Ceremonies');
    await page.close();
  });

  test('an interrupted act is looked into with the PIN; a wrong one says so and can be typed again', async () => {
    const { page } = await gallery.open('app:interrupted&failing=ceremony.recover');
    await page.getByLabel('User PIN of the token').fill('0000');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'The PIN is wrong.' }).waitFor();
    expect(await focusedText(page)).toContain('C_Login');
    expect(await page.getByLabel('User PIN of the token').inputValue()).toBe('');
    expect((await acts(page)).at(-1)).toBe('ceremony.recover 4 bytes');
    await page.close();
  });

  test('a vault that is refused shows the rule and no way into it', async () => {
    const { page } = await gallery.open('app:refused');
    await page.getByRole('heading', { level: 1, name: 'This vault is not opened' }).waitFor();
    expect(await page.getByText('Rule LEDGER-1').count()).toBe(1);
    expect(await page.getByRole('contentinfo').textContent()).toContain('Ledger not opened');
    expect(await page.getByRole('navigation').count()).toBe(0);
    // What was checked, what passed and what that leaves open; and nothing to be had but a copy for the auditor.
    const shown = refusalShown('LEDGER-1')!;
    for (const sentence of [shown.checked, shown.passed, shown.not])
      expect(await page.getByText(sentence).count()).toBe(1);
    const buttons = page.locator('main').getByRole('button');
    expect((await buttons.allTextContents()).map((label) => label.trim())).toEqual(['Export the ledger']);
    await buttons.first().click();
    await page.getByText('A copy for the auditor is in').waitFor();
    await page.close();
  });
});

test('F6 goes round the regions and F1 opens the keys; Escape gives the focus back', async () => {
  const { page } = await gallery.open('app:people');
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
  const regions: (string | null)[] = [];
  for (let turn = 0; turn < 4; turn++) {
    await page.keyboard.press('F6');
    regions.push(
      await page.evaluate(() => document.activeElement?.closest('[data-region]')?.getAttribute('data-region') ?? null),
    );
  }
  expect(regions).toEqual(['fingerprint', 'status', 'head', 'people']);
  await page.keyboard.press('F1');
  await page.getByRole('dialog', { name: 'Keys of the keyboard' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await page.evaluate(() => document.activeElement?.closest('[data-region]')?.getAttribute('data-region'))).toBe(
    'people',
  );
  await page.close();
});

describe('continuity, by keyboard alone', () => {
  const fill = async (page: Page, ...texts: string[]): Promise<void> => {
    for (const text of texts) {
      await page.keyboard.press('Tab');
      await page.keyboard.type(text);
    }
  };
  const tick = async (page: Page, times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
    }
  };

  test('a ledger is ended only when both folders, both people and the PIN are there', async () => {
    const { page } = await gallery.open('app:continuity');
    await page.getByRole('heading', { level: 1, name: 'Continuity of the ledger' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await fill(page, '/media/one', '/media/two');
    expect(await page.locator('.bar .btn.primary').textContent()).toContain('must agree first');
    await tick(page, 2);
    await fill(page, '1234');
    await page.keyboard.press('Enter');
    await page.locator('.notice').first().waitFor();
    expect(await acts(page)).toContain(
      'continuity.end retired /media/one,/media/two administrator-1,witness-1 4 bytes',
    );
    await page.close();
  });

  test('a vault is restored from a copy with its receipts', async () => {
    const { page } = await gallery.open('app:first-run');
    await tabTo(page, 'Restore a vault from a copy');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Restore a vault from a copy' }).waitFor();
    await fill(page, '/media/copy', '/media/receipt.note', '', '');
    // Who the people are is read from the copy.
    expect(await page.locator('.bar .btn.primary').textContent()).toContain('Read the copy first');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByLabel('The administrator who is present').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.type('Ruth');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Anneke');
    await fill(page, '1234');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => acts(page))
      .toContain('continuity.restore /media/copy /media/receipt.note administrator-1,witness-1 4 bytes');
    await page.close();
  });

  test('a custodian of the old ledger agrees to the new one', async () => {
    const { page } = await gallery.open('app:succeeding');
    await tabTo(page, 'Begin a ledger that goes on from an old one');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Go on from an old ledger' }).waitFor();
    const found = await page.evaluate<readonly AxeViolation[]>(
      `${AXE}; axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)`,
    );
    expect(found.flatMap((one) => one.nodes.map((node) => `${one.id} ${node.target.join(' ')}`))).toEqual([]);
    await page.getByLabel('Whose turn it is').focus();
    await fill(page, 'a passphrase');
    await page.keyboard.press('Enter');
    await expect.poll(() => acts(page)).toContain('continuity.approve custodian-2 12 bytes');
    await page.close();
  });
});
