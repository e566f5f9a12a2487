/** One key through the rest of its life, on the screen of the real application, in one start of it. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLOSED, Crew, SCRIPT, type Line } from './crew.ts';
import { PATIENCE, Pointer } from './hands.ts';
import { launchApp, type LaunchedApp } from './launch.ts';
import { journalOf, prepareVault, type Prepared } from './prepared.ts';

const LABEL = 'LIFE-KEY-1';
const REASON = 'The room decided so.';

let prepared: Prepared;
let launched: LaunchedApp;
let crew: Crew;

beforeAll(async () => {
  prepared = await prepareVault('life', { plan: { label: LABEL }, until: 'closed' });
  launched = await launchApp({ dataDir: prepared.dataDir });
  crew = new Crew({ page: launched.page, hands: new Pointer(launched.page), people: prepared.people });
  crew.userPin = prepared.userPin;
}, 240_000);
afterAll(async () => {
  await launched?.close();
  if (prepared) rmSync(prepared.dataDir, { recursive: true, force: true });
});

interface Change {
  /** As it is called in the detail of the key. */
  readonly title: string;
  readonly approve: string;
  readonly act: Line;
  readonly readBack: string;
  /** A report is made with a short opening, because every minute counts. */
  readonly opening?: readonly Line[];
  /** Said in the plan and again at the act that cannot be undone. */
  readonly warning?: string;
  /** What is filled in besides the reason. */
  readonly fill?: () => Promise<void>;
  /** Whether the label is typed before the act. */
  readonly typed?: boolean;
}

const screen = (): Promise<string> => crew.page.getByRole('main').innerText();

async function openKey(): Promise<string> {
  await crew.go('Keys');
  await crew.at('Keys');
  const detail = crew.page.getByRole('complementary', { name: 'Key detail' });
  if (!(await detail.isVisible())) {
    await crew.hands.open(crew.page.getByRole('grid', { name: 'Keys of this vault' }), new RegExp(LABEL));
  }
  await detail.waitFor({ timeout: PATIENCE });
  return detail.innerText();
}

/** Plans a change from the detail of the key and holds its ceremony, approved by two custodians from the paper. */
async function hold(change: Change): Promise<void> {
  const { page, hands } = crew;
  await openKey();
  await hands.press(
    page.getByRole('complementary', { name: 'Key detail' }).getByRole('button', { name: change.title }),
  );
  await crew.at(change.title);
  await hands.write(page.getByRole('textbox', { name: 'Reason', exact: true }), REASON);
  await change.fill?.();
  if (change.warning !== undefined) {
    expect(await screen()).toContain('This cannot be undone.');
    expect(await screen()).toContain(change.warning);
  }
  await hands.press(crew.button('Freeze the plan'));
  await crew.at('The plan is frozen');
  crew.planSheet = await crew.readDigest('Digest of the plan, SHA-256');
  await crew.beginCeremony();
  const before: readonly Line[] = [
    ...(change.opening ?? SCRIPT.slice(0, 3)),
    { id: 'approve', title: 'Approve the plan', deed: { do: 'approve', hold: change.approve } },
    { id: 'login', title: 'Log in to the token', deed: { do: 'login' } },
  ];
  for (const line of before) {
    await crew.at(line.title);
    await crew.do(line);
  }
  await crew.at(change.act.title);
  if (change.warning !== undefined) {
    expect(await screen()).toContain(`This cannot be undone. ${change.warning}`);
  } else {
    expect(await screen()).not.toContain('This cannot be undone.');
  }
  if (change.typed) {
    await hands.write(page.getByRole('textbox', { name: 'Type the label of the key' }), LABEL);
  }
  const after: readonly Line[] = [
    change.act,
    { id: 'read-back', title: change.readBack, deed: { do: 'confirm', press: 'Confirm the read-back' } },
    ...SCRIPT.slice(-2),
  ];
  for (const line of after) {
    await crew.at(line.title);
    await crew.do(line);
  }
  await crew.at(CLOSED);
}

/** The changes of the key that the ledger says were done, in their order. */
const acts = (): unknown[] =>
  journalOf(prepared.dataDir).flatMap(({ type, data: { act, outcome } }) =>
    type === 'act.result' &&
    outcome === 'committed' &&
    ['key.suspend', 'key.resume', 'key.compromise', 'key.destroy'].includes(String(act))
      ? [act]
      : [],
  );

test('a key is suspended and resumed without a warning that would not be true', async () => {
  await hold({
    title: 'Suspend this key',
    approve: 'Approve suspension',
    act: {
      id: 'suspend',
      title: 'Take away every right of the key',
      deed: { do: 'press', press: 'Suspend the key' },
    },
    readBack: 'Read back that the key may do nothing',
  });
  expect(await openKey()).toMatch(/Suspended/);
  await hold({
    title: 'Resume this key',
    approve: 'Approve resumption',
    act: {
      id: 'resume',
      title: 'Give the key its rights again',
      deed: { do: 'press', press: 'Make the key active again' },
    },
    readBack: 'Read back the rights of the key',
  });
  expect(await openKey()).toMatch(/Active/);
  expect(acts()).toEqual(['key.suspend', 'key.resume']);
});

test('a compromise is reported with a warning, and the key is shown with the report', async () => {
  await hold({
    title: 'Report a compromise',
    approve: 'Approve the report',
    opening: SCRIPT.slice(0, 1),
    fill: () => crew.hands.write(crew.page.getByRole('textbox', { name: 'Believed since, UTC' }), '2026-03-01 09:30'),
    act: {
      id: 'compromise',
      title: 'Block the key and report the compromise',
      deed: { do: 'hold', hold: 'Block the key and report it' },
    },
    readBack: 'Read back that the key is blocked',
    warning: 'A key that was reported compromised is never used again. The report itself cannot be taken back.',
  });
  expect(await openKey()).toMatch(/Compromise reported in entry \d+, believed since 2026-03-01 09:30/);
  expect(acts()).toEqual(['key.suspend', 'key.resume', 'key.compromise']);
});

test('a key is destroyed with a warning and its label typed, and what is said of it afterwards is no more than is known', async () => {
  await hold({
    title: 'Destroy this key',
    approve: 'Approve destruction',
    act: { id: 'destroy', title: 'Destroy the key', deed: { do: 'hold', hold: 'Destroy the key' } },
    readBack: 'Look for the key once more',
    warning: 'A destroyed key cannot be brought back. What only it can sign or decrypt is out of reach for good.',
    typed: true,
  });
  const said = await openKey();
  expect(said).toContain('Copies that were never recorded cannot be excluded.');
  expect(acts()).toEqual(['key.suspend', 'key.resume', 'key.compromise', 'key.destroy']);
});
