import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Crew, CREW, SCRIPT, type Line } from './crew.ts';
import { Keyboard, PATIENCE } from './hands.ts';
import { launchApp, newFolder, type LaunchedApp } from './launch.ts';
import { PLAN } from './rehearsal.ts';
import { Tree } from './tree.ts';

let dataDir: string;
let launched: LaunchedApp;
let tree: Tree;
let crew: Crew;

/** What the accessibility tree said when each screen had come. */
const told = new Map<string, { focused: unknown; buttons: string[]; live: string }>();

async function listen(name: string): Promise<void> {
  const live = await tree.liveRegions();
  told.set(name, {
    focused: await tree.focused(),
    buttons: (await tree.all('button')).map((button) => button.name),
    live: live
      .filter(({ politeness }) => politeness === 'polite')
      .map(({ text }) => text)
      .join(' '),
  });
}

beforeAll(async () => {
  dataDir = newFolder('keyboard');
  launched = await launchApp({ dataDir });
  const { page } = launched;
  // Whatever a pointer does to the page is noticed, so that a run that used one is no keyboard run.
  await page.evaluate(() => {
    for (const type of ['pointerdown', 'mousedown', 'wheel']) {
      addEventListener(type, () => (document.documentElement.dataset['pointer'] = type), { capture: true });
    }
  });
  tree = await Tree.of(page);
  crew = new Crew({ page, hands: new Keyboard(page), look: listen });
  await crew.chooseRehearsalVault();
  await crew.enrolEveryone();
  await crew.setPolicy('Keyboard vault');
  await crew.sealVault();
  await crew.writePlan(PLAN);
  await crew.printPlanSheet();
  await crew.beginCeremony();
  await crew.follow();
  await crew.look('closed');
}, 480_000);
afterAll(async () => {
  await launched?.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const said = (name: string) => {
  const found = told.get(name);
  if (found === undefined) throw new Error(`The screen ${name} was never shown.`);
  return found;
};

/** Names under which the step's own action is offered when the step has just come. */
const offers = ({ deed }: Line): string[] => {
  switch (deed.do) {
    case 'approve':
      return CREW.filter(({ role }) => role === 'Custodian').map(({ name }) => `Approve or decline as ${name}`);
    case 'login':
      return ['Log in to the token'];
    case 'confirm':
      return [deed.press];
    case 'hold':
      return [deed.hold];
    case 'press':
      return [deed.press];
  }
};

test('a ceremony is held from the first run to its end with the keyboard alone', async () => {
  expect(await launched.page.evaluate(() => document.documentElement.dataset['pointer'] ?? 'none')).toBe('none');
  expect(told.has('closed')).toBe(true);
});

test.each(SCRIPT.map((line, at) => ({ ...line, at })))(
  'step $title: its title has the focus, is announced with its number, and its action is named',
  (line) => {
    const { focused, buttons, live } = said(`step-${line.id}`);
    expect(focused).toEqual({ role: 'heading', name: line.title, level: 1 });
    expect(live).toContain(`Step ${line.at + 1} of ${SCRIPT.length}. ${line.title}`);
    for (const name of offers(line)) {
      expect(
        buttons.some((button) => button === name || button.startsWith(`${name}, not available: `)),
        name,
      ).toBe(true);
    }
  },
);

test('the end of the ceremony is announced, and its title has the focus', () => {
  const { focused, live } = said('closed');
  expect(focused).toEqual({ role: 'heading', name: 'The ceremony is closed', level: 1 });
  expect(live).toContain('The ceremony is closed.');
});

test.each([
  ['approve-generate-locked', 'Approve generation', /You are asked to approve the making of one key$/],
  ['approve-activate-locked', 'Approve activation', /You are asked to approve that one key becomes active/],
])('%s: the title has the focus and the reason why %s is locked is part of its name', (name, action, title) => {
  const { focused, buttons } = said(name);
  expect(focused).toMatchObject({ role: 'heading', name: expect.stringMatching(title) as string });
  expect(buttons).toContainEqual(
    expect.stringMatching(new RegExp(`^${action}, not available: Tick rows A, B, C and D`)),
  );
});

test('a custodian who is ready finds the action under its plain name', () => {
  expect(said('approve-generate-ready').buttons).toContain('Approve generation');
});

test('keys, ledger and evidence are read, verified and left with the keyboard alone', async () => {
  const { page } = launched;
  const { hands } = crew;
  await hands.press(crew.button('Verify the bundle'));
  await page.getByRole('heading', { level: 1, name: /^TEST ONLY\b/ }).waitFor({ timeout: PATIENCE });

  await crew.go('Keys');
  await crew.at('Keys');
  await hands.open(page.getByRole('grid', { name: 'Keys of this vault' }), new RegExp(PLAN.label));
  await page.getByRole('complementary', { name: 'Key detail' }).waitFor({ timeout: PATIENCE });
  await page.keyboard.press('Escape');
  await page.getByRole('complementary', { name: 'Key detail' }).waitFor({ state: 'hidden', timeout: PATIENCE });
  expect(await tree.focused()).toMatchObject({ role: 'row', name: expect.stringContaining(PLAN.label) as string });

  await crew.go('Ledger');
  await crew.at('Ledger');
  await hands.press(crew.button('Verify the whole ledger now'));
  await page.getByRole('table', { name: 'Checks of the ledger' }).waitFor({ timeout: PATIENCE });
  await hands.open(page.getByRole('table', { name: 'Ledger entries, newest first' }), /Make the key active/);
  await page.getByRole('heading', { name: /is in the ledger$/ }).waitFor({ timeout: PATIENCE });
  expect(await page.evaluate(() => document.documentElement.dataset['pointer'] ?? 'none')).toBe('none');
});

test('F1 lists the keys and gives the focus back; F6 goes round every region of the screen', async () => {
  const { page } = launched;
  await crew.go('Ceremonies');
  await crew.at('Ceremonies');
  await crew.hands.press(crew.button('Look at the last ceremony'));
  await crew.at('The ceremony is closed');
  const before = await tree.focused();
  await page.keyboard.press('F1');
  await page.getByRole('dialog', { name: 'Keys of the keyboard' }).waitFor({ timeout: PATIENCE });
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keys of the keyboard' }).waitFor({ state: 'hidden', timeout: PATIENCE });
  await expect.poll(() => tree.focused()).toEqual(before);
  const regions = new Set<string>();
  for (let press = 0; press < 8; press++) {
    await page.keyboard.press('F6');
    regions.add(
      await page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-region]')?.dataset['region'] ?? ''),
    );
  }
  expect([...regions].sort()).toEqual(['head', 'room', 'script', 'stage', 'status']);
});
