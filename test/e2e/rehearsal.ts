/**
 * The rehearsal: five people hold a whole ceremony in the real, packed application, by pointer and keyboard. It starts
 * with an empty data folder and leaves a bundle, the genesis sheet, the ledger and a picture of every screen.
 */
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { Crew, CREW, SCRIPT } from './crew.ts';
import { Keyboard, PATIENCE, Pointer } from './hands.ts';
import type { LaunchedApp, LaunchOptions } from './launch.ts';
import { Pictures, type PictureStyle } from './pictures.ts';

export interface RehearsalOptions {
  readonly launch: (options: LaunchOptions) => Promise<LaunchedApp>;
  /** An empty folder. The application's data folder is made in it and removed at the end. */
  readonly outDir: string;
  readonly log: (line: string) => void;
  /** How each screen is pictured; in the light theme at the window's own size when not given. */
  readonly pictures?: readonly PictureStyle[];
  /** Which screens are pictured, by name; every one when not given. */
  readonly wanted?: (name: string) => boolean;
  /** Looks at each screen besides, while it stands still. */
  readonly inspect?: (page: Page, name: string) => Promise<void>;
}

/** What was read from the screen. */
export interface Rehearsal {
  readonly bundle: string;
  /** SHA-256 of genesis.json, of the plan, and of the bundle, hex. */
  readonly genesisDigest: string;
  readonly planDigest: string;
  readonly bundleDigest: string;
  readonly screens: readonly string[];
}

export const PLAN = {
  label: 'REHEARSAL-SIGNING-1',
  kind: 'P-384',
  state: 'Active',
  recovery: 'A rehearsal key is made anew. Nobody needs it again.',
} as const;

/** @throws When any step does not come about; the screen is pictured as `failed.png` first. */
export async function rehearse({
  launch,
  outDir,
  log,
  pictures,
  wanted,
  inspect,
}: RehearsalOptions): Promise<Rehearsal> {
  const dataDir = join(outDir, 'data');
  const folder = join(outDir, 'screenshots');
  mkdirSync(folder, { recursive: true });
  const launched = await launch({ dataDir });
  const { page } = launched;
  const camera = new Pictures(launched, folder, pictures, wanted);
  const defects: string[] = [];
  page.on('pageerror', ({ message }) => defects.push(message));
  page.on('console', (message) => {
    if (message.type() === 'error') defects.push(message.text());
  });
  const pointer = new Pointer(page);
  const keyboard = new Keyboard(page);
  const crew = new Crew({
    page,
    hands: pointer,
    // The second of the two custodians works without the pointer.
    handsOf: ({ name }) => (name === CREW[3]?.name ? keyboard : pointer),
    log,
    look: async (name) => {
      await camera.take(name);
      await inspect?.(page, name);
    },
  });
  let failed = true;
  try {
    await crew.chooseRehearsalVault();
    await crew.enrolEveryone();
    await crew.setPolicy('Rehearsal vault of the house');
    await crew.sealVault();
    await crew.writePlan(PLAN);
    log(`Plan: the sheet is printed to ${nameIn(await crew.printPlanSheet())}.`);
    await crew.beginCeremony();
    await crew.follow();
    await crew.look('closed');
    const bundleDigest = (await crew.readDigest('Bundle digest, SHA-256')).join('');
    log('The ceremony is closed.');
    await verifyInApplication(crew);
    await lookAround(crew);
    if (defects.length > 0) throw new Error(`The window reported errors: ${defects.join('; ')}`);
    await launched.close();
    failed = false;
    const bundle = keep(dataDir, outDir);
    log(`Left behind: ${bundle}, genesis.json, the ledger, two sheets, ${camera.names.length} screens.`);
    return {
      bundle,
      genesisDigest: crew.genesisDigest,
      planDigest: crew.planSheet.join(''),
      bundleDigest,
      screens: camera.names,
    };
  } catch (error) {
    await page.screenshot({ path: join(outDir, 'failed.png') }).catch(() => undefined);
    const heading = await page
      .locator('h1')
      .first()
      .innerText({ timeout: 1000 })
      .catch(() => 'no title');
    throw new Error(
      `The rehearsal failed on the screen "${heading}", pictured in failed.png: ` +
        `${error instanceof Error ? error.message : String(error)}\n${[...defects, launched.output()].join('\n')}`,
      { cause: error },
    );
  } finally {
    if (failed) await launched.kill();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const nameIn = (path: string): string => path.split('/').at(-1) ?? path;

async function verifyInApplication(crew: Crew): Promise<void> {
  const { page } = crew;
  await crew.hands.press(crew.button('Verify the bundle'));
  const verdict = page.getByRole('heading', { level: 1, name: /^TEST ONLY\b/ });
  await verdict.waitFor({ timeout: PATIENCE });
  const table = page.getByRole('table', { name: 'Checks of this bundle' });
  const results = await table.getByRole('row').allInnerTexts();
  const count = (word: string) => results.filter((row) => row.trim().startsWith(word)).length;
  if (count('FAIL') > 0 || count('PASS') === 0) {
    throw new Error(`The application's own verification has ${count('PASS')} PASS and ${count('FAIL')} FAIL.`);
  }
  await crew.look('evidence-verified');
  crew.say(`Evidence: ${await verdict.innerText()} ${count('PASS')} checks pass, none fails.`);
}

/** Keys, ledger, people, HSM: what anybody may look at. */
async function lookAround(crew: Crew): Promise<void> {
  const { page, hands } = crew;
  await crew.go('Keys');
  await crew.at('Keys');
  await crew.look('keys');
  await hands.open(page.getByRole('grid', { name: 'Keys of this vault' }), new RegExp(PLAN.label));
  await page.getByRole('complementary', { name: 'Key detail' }).waitFor({ timeout: PATIENCE });
  await crew.look('keys-detail');
  crew.say('Keys: one key, active, with its history.');

  await crew.go('Ledger');
  await crew.at('Ledger');
  await crew.look('ledger');
  await hands.press(crew.button('Verify the whole ledger now'));
  await page.getByRole('table', { name: 'Checks of the ledger' }).waitFor({ timeout: PATIENCE });
  const said = await page.getByRole('complementary', { name: 'Checks of the ledger' }).innerText();
  if (/\bFAIL\b/.test(said) || !/\bPASS\b/.test(said)) throw new Error(`The ledger did not verify: ${said}`);
  await crew.look('ledger-verified');
  await hands.open(page.getByRole('table', { name: 'Ledger entries, newest first' }), /Make the key active/);
  const proof = page.getByRole('heading', { name: /is in the ledger$/ });
  await proof.waitFor({ timeout: PATIENCE });
  await hands.readOn(proof);
  await crew.look('ledger-proof');
  crew.say('Ledger: verified in full from disk; the inclusion proof of one entry is drawn.');

  for (const [place, title] of [
    ['Receipts', 'Receipts'],
    ['People', 'People'],
    ['HSM', 'HSM and vault'],
    ['Ceremonies', 'Ceremonies'],
  ] as const) {
    await crew.go(place);
    await crew.at(title);
    await crew.look(place.toLowerCase());
  }
  await page.keyboard.press('F1');
  await page.getByRole('dialog', { name: 'Keys of the keyboard' }).waitFor({ timeout: PATIENCE });
  await crew.look('help');
  await page.keyboard.press('Escape');
}

/** Takes what the application left out of its data folder. */
function keep(dataDir: string, outDir: string): string {
  const exports = join(dataDir, 'exports');
  const files = readdirSync(exports);
  for (const name of files) cpSync(join(exports, name), join(outDir, name));
  cpSync(join(dataDir, 'vault', 'genesis.json'), join(outDir, 'genesis.json'));
  cpSync(join(dataDir, 'vault', 'ledger'), join(outDir, 'ledger'), { recursive: true });
  const bundles = files.filter((name) => name.endsWith('.zip'));
  if (bundles.length !== 1) throw new Error(`The application left ${bundles.length} bundles, not one.`);
  return bundles[0] ?? '';
}

/** The screens of docs/screens, and how they are pictured there. */
export const DOCUMENTED = {
  screens: [
    'first-run-hsm',
    'people-fingerprint',
    'first-run-sealed',
    'plan',
    'plan-frozen',
    'approve-generate-locked',
    'approve-generate-ready',
    'step-generate',
    'step-read-back',
    'step-export',
    'closed',
    'keys',
    'keys-detail',
    'ledger-verified',
    'ledger-proof',
    'evidence-verified',
    'receipts',
    'people',
    'hsm',
  ],
  styles: (['light', 'dark'] as const).flatMap((theme) => [
    { theme, width: 1440, height: 900 },
    { theme, width: 1366, height: 768 },
  ]),
} as const;

/** Every line of the script is pictured, so a screen that is missing is seen. */
export const STEP_SCREENS: readonly string[] = SCRIPT.map(({ id }) => `step-${id}`);
