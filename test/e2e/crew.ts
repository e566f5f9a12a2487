/**
 * The people of a ceremony at the screen. They know the paper script and what they read; they find things by role and
 * name, and know nothing of how the application is made.
 */
import type { Locator, Page } from 'playwright-core';
import { PATIENCE, type Hands } from './hands.ts';

export interface Member {
  readonly role: 'Administrator' | 'Custodian' | 'Witness';
  readonly name: string;
  readonly passphrase: string;
}

/** Sample people; the product ships none. */
export const CREW: readonly Member[] = [
  { role: 'Administrator', name: 'Ines Amsel', passphrase: 'amsel sings before six' },
  { role: 'Custodian', name: 'Jonas Birke', passphrase: 'birke bends in the wind' },
  { role: 'Custodian', name: 'Mara Esche', passphrase: 'esche stands by the gate' },
  { role: 'Custodian', name: 'Tomas Linde', passphrase: 'linde shades the square' },
  { role: 'Witness', name: 'Vera Zeisig', passphrase: 'zeisig counts the seeds' },
];

/** What a line of the script asks of the room. */
type Deed =
  | { readonly do: 'confirm'; readonly press: string }
  | { readonly do: 'approve'; readonly hold: string }
  | { readonly do: 'login' }
  | { readonly do: 'hold'; readonly hold: string }
  | { readonly do: 'press'; readonly press: string };

export interface Line {
  readonly title: string;
  readonly deed: Deed;
  /** Short name, for pictures and logs. */
  readonly id: string;
}

const confirm = (id: string, title: string, press = 'Confirm this step'): Line => ({
  id,
  title,
  deed: { do: 'confirm', press },
});
const login = (id: string, title: string): Line => ({ id, title, deed: { do: 'login' } });
const press = (id: string, title: string, label: string): Line => ({ id, title, deed: { do: 'press', press: label } });
const hold = (id: string, title: string, label: string): Line => ({ id, title, deed: { do: 'hold', hold: label } });
const approve = (id: string, title: string, label: string): Line => ({
  id,
  title,
  deed: { do: 'approve', hold: label },
});

/** The script on paper of "Generate a signing key", initial state active. */
export const SCRIPT: readonly Line[] = [
  confirm('room', 'Check the room and the recording'),
  confirm('workstation', 'Check the workstation and the air gap'),
  confirm('ledger-root', 'Read the ledger root aloud'),
  approve('approve-generate', 'Approve the plan', 'Approve generation'),
  login('login-generate', 'Log in to the token'),
  hold('generate', 'Generate the signing key pair inside the HSM', 'Generate key pair'),
  confirm('read-back', 'Read back the key attributes', 'Confirm the read-back'),
  confirm('fingerprint', 'Read the fingerprint aloud'),
  press('request', 'Make the certificate request', 'Make the request'),
  press('logout-request', 'Log out for the second decision', 'Log out'),
  approve('approve-activate', 'Approve the activation', 'Approve activation'),
  login('login-activate', 'Log in to activate'),
  hold('activate', 'Make the key active', 'Make the key active'),
  press('test-signature', 'Make and verify a test signature', 'Make and verify'),
  press('export', 'Export the attestation bundle', 'Sign and write the bundle'),
  press('close', 'Log out and close', 'Log out and close the ceremony'),
];

export const CLOSED = 'The ceremony is closed';

export interface CrewOptions {
  readonly page: Page;
  readonly hands: Hands;
  readonly people?: readonly Member[];
  /** Other hands for an approval, so that a run shows both. */
  readonly handsOf?: (person: Member) => Hands;
  readonly log?: (line: string) => void;
  /** Called when a screen stands still, with a short name for it. */
  readonly look?: (name: string) => Promise<void>;
}

export class Crew {
  readonly page: Page;
  readonly people: readonly Member[];
  /** Written down when it was shown. */
  userPin = '';
  /** The paper: sixteen groups of the plan's digest. */
  planSheet: readonly string[] = [];
  genesisDigest = '';

  constructor(private readonly options: CrewOptions) {
    this.page = options.page;
    this.people = options.people ?? CREW;
  }

  get hands(): Hands {
    return this.options.hands;
  }

  say(line: string): void {
    this.options.log?.(line);
  }

  /** Lets others look at the screen as it is now. */
  async look(name: string): Promise<void> {
    await this.options.look?.(name);
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /**
   * Waits for the screen or step with this title. Where the screen says that something did not happen, that is the
   * error: waiting on for a step that cannot come helps nobody.
   */
  async at(title: string): Promise<void> {
    const heading = this.page.getByRole('heading', { level: 1, name: title, exact: true });
    const refused = this.page.getByRole('group', { name: 'This did not happen', exact: true });
    await heading.or(refused).first().waitFor({ timeout: PATIENCE });
    if (await heading.isVisible()) return;
    throw new Error(`The screen says: ${(await refused.first().innerText()).replaceAll('\n', ' ')}`);
  }

  /** Reads the sixteen groups of a digest aloud, row by row. */
  async readDigest(label: string): Promise<string[]> {
    const digest = this.page.getByRole('group', { name: label, exact: true });
    await digest.waitFor({ timeout: PATIENCE });
    const groups = (await digest.innerText()).split('\n').filter((line) => /^[0-9a-f]{4}$/.test(line.trim()));
    if (groups.length !== 16) throw new Error(`${label} shows ${groups.length} groups, not 16.`);
    return groups.map((group) => group.trim());
  }

  async go(place: string): Promise<void> {
    await this.hands.press(this.page.getByRole('navigation', { name: 'Main' }).getByRole('button', { name: place }));
  }

  // --- First run -----------------------------------------------------------------------------------------------

  async chooseRehearsalVault(): Promise<void> {
    await this.at('Which HSM will hold the keys?');
    await this.hands.mark(this.page.getByRole('radio', { name: /^Rehearsal vault/ }));
    await this.button('Set up the rehearsal vault').waitFor({ timeout: PATIENCE });
    await this.look('first-run-hsm');
    this.say('First run: the rehearsal vault is chosen. TEST ONLY.');
    await this.hands.press(this.button('Set up the rehearsal vault'));
  }

  async enrolEveryone(): Promise<void> {
    await this.at('Who takes part?');
    for (const [index, person] of this.people.entries()) {
      await this.hands.pick(this.page.getByRole('combobox', { name: 'Role' }), person.role);
      await this.hands.write(this.page.getByRole('textbox', { name: 'Name' }), person.name);
      await this.hands.write(this.page.getByLabel('Passphrase of the key file', { exact: true }), person.passphrase);
      await this.hands.write(this.page.getByLabel('The same passphrase again', { exact: true }), person.passphrase);
      if (index === 0) await this.look('people-enrol');
      await this.hands.press(this.button('Make the key and enrol'));
      await this.page
        .getByRole('heading', { name: `Approval key of ${person.name}`, exact: true })
        .waitFor({ timeout: PATIENCE });
      const fingerprint = await this.readDigest(`Approval key of ${person.name}`);
      this.say(
        `People: ${person.name}, ${person.role}, reads the fingerprint back: ${fingerprint.slice(0, 2).join(' ')} ...`,
      );
      if (index === this.people.length - 1) await this.look('people-fingerprint');
      await this.hands.press(this.button('Read back and right'));
    }
    await this.look('people-enrolled');
    await this.hands.press(this.button('Continue to the ledger'));
  }

  async setPolicy(vaultName: string): Promise<void> {
    await this.at('Who must agree?');
    await this.hands.write(this.page.getByRole('textbox', { name: 'Name of the vault' }), vaultName);
    await this.hands.pick(this.page.getByRole('combobox', { name: 'Custodians who must approve' }), '2 of 3');
    await this.look('first-run-policy');
    this.say(`Policy: two of three custodians approve. The vault is called ${vaultName}.`);
    await this.hands.press(this.button('Continue to the seal'));
  }

  /** Makes the vault, writes down its PINs, and reads the genesis digest. */
  async sealVault(): Promise<void> {
    await this.at('Seal the vault');
    await this.look('first-run-seal');
    await this.hands.press(this.button('Make the vault and seal it'));
    await this.at('Write down these PINs now');
    const row = this.page.getByRole('row', { name: /^User PIN of the vault token/ });
    this.userPin = (await row.getByRole('cell').first().innerText()).trim();
    if (this.userPin.length < 4) throw new Error('The user PIN is not on the screen.');
    this.say('Seal: the PINs of the rehearsal tokens are shown once. They are written down.');
    await this.hands.press(this.button('I have written them down'));
    await this.at('The vault is sealed');
    this.genesisDigest = (await this.readDigest('Digest of the genesis sheet, SHA-256')).join('');
    await this.look('first-run-sealed');
    this.say(`Seal: the digest of the genesis sheet is ${this.genesisDigest}.`);
    await this.hands.press(this.button('Go to the ceremonies'));
  }

  // --- Plan ----------------------------------------------------------------------------------------------------

  async writePlan(plan: {
    label: string;
    kind: string;
    state: 'Active' | 'Pre-active';
    recovery: string;
  }): Promise<void> {
    await this.at('Ceremonies');
    await this.look('ceremonies');
    await this.hands.press(this.button('Plan a ceremony'));
    await this.at('What will be done?');
    await this.hands.write(this.page.getByRole('textbox', { name: 'Label of the key' }), plan.label);
    await this.hands.pick(this.page.getByRole('combobox', { name: 'Kind of key' }), plan.kind);
    await this.hands.mark(this.page.getByRole('radio', { name: new RegExp(`^${plan.state}\\b`) }));
    await this.hands.write(this.page.getByRole('textbox', { name: 'Why this key has no recovery' }), plan.recovery);
    await this.look('plan');
    await this.hands.press(this.button('Freeze the plan'));
    await this.at('The plan is frozen');
    this.planSheet = await this.readDigest('Digest of the plan, SHA-256');
    this.say(`Plan: frozen. Its digest is ${this.planSheet.join('')}.`);
  }

  async printPlanSheet(): Promise<string> {
    await this.hands.press(this.button('Print the plan sheet'));
    return this.#pathIn(/^The plan sheet was written to (.+)\.$/);
  }

  async #pathIn(sentence: RegExp): Promise<string> {
    const said = this.page.getByText(sentence);
    await said.waitFor({ timeout: PATIENCE });
    return sentence.exec((await said.innerText()).trim())?.[1] ?? '';
  }

  async beginCeremony(): Promise<void> {
    await this.look('plan-frozen');
    await this.hands.press(this.button('Begin the ceremony'));
  }

  // --- Ceremony ------------------------------------------------------------------------------------------------

  /** Follows the script from one line to another, both by their short names; to its end without them. */
  async follow(from: string = SCRIPT[0]!.id, until?: string): Promise<void> {
    const first = SCRIPT.findIndex(({ id }) => id === from);
    const end = until === undefined ? SCRIPT.length : SCRIPT.findIndex(({ id }) => id === until);
    for (const [offset, line] of SCRIPT.slice(first, end).entries()) {
      await this.at(line.title);
      this.say(`Step ${first + offset + 1} of ${SCRIPT.length}: ${line.title}.`);
      await this.look(`step-${line.id}`);
      await this.do(line);
    }
    await this.at(until === undefined ? CLOSED : SCRIPT[end]!.title);
  }

  async do({ deed, id, title }: Line): Promise<void> {
    switch (deed.do) {
      case 'confirm':
        return this.#confirm(deed.press);
      case 'approve':
        return this.#approve(deed.hold, id);
      case 'login':
        return this.logIn();
      case 'hold':
        // What cannot be undone is locked until its last parameter was on the screen.
        if (!(await this.button(deed.hold).isVisible())) {
          await this.hands.readOn(this.page.getByRole('heading', { level: 1, name: title, exact: true }));
        }
        return this.hold(this.hands, deed.hold);
      case 'press':
        return this.hands.press(this.button(deed.press));
    }
  }

  async #confirm(label: string): Promise<void> {
    for (const role of ['Administrator', 'Witness'] as const) {
      const name = this.people.find((one) => one.role === role)?.name ?? '';
      await this.hands.mark(this.page.getByRole('checkbox', { name: new RegExp(`^${name}\\b`) }));
    }
    await this.hands.press(this.button(label));
  }

  async logIn(): Promise<void> {
    await this.hands.write(this.page.getByLabel('User PIN of the token', { exact: true }), this.userPin);
    await this.hands.press(this.button('Log in to the token'));
  }

  /** Holds a button to the end: until it is no longer offered. */
  async hold(hands: Hands, label: string): Promise<void> {
    const offered = this.button(label);
    await hands.hold(offered, () => offered.waitFor({ state: 'hidden', timeout: PATIENCE }));
  }

  /** The first and the last custodian approve, each from the paper in their hand. */
  async #approve(label: string, id: string): Promise<void> {
    const custodians = this.people.filter(({ role }) => role === 'Custodian');
    for (const [index, person] of [custodians.at(0), custodians.at(-1)].entries()) {
      if (person === undefined) throw new Error('There are no custodians.');
      const hands = this.options.handsOf?.(person) ?? this.hands;
      await hands.press(this.button(`Approve or decline as ${person.name}`));
      await this.atDesk();
      if (index === 0) await this.look(`${id}-locked`);
      await this.compare(hands, this.planSheet);
      await hands.write(this.page.getByLabel('Passphrase of your key file', { exact: true }), person.passphrase);
      await this.button(label).waitFor({ timeout: PATIENCE });
      if (index === 0) await this.look(`${id}-ready`);
      await this.hold(hands, label);
      this.say(`  ${person.name} compared the digest with the paper and approved (${hands.kind}).`);
      // The last approval ends the step; after an earlier one the custodian is listed as having decided.
      if (index === 0) await this.page.getByText(/^Approved \d\d:\d\d:\d\d UTC$/).waitFor({ timeout: PATIENCE });
    }
  }

  /** Waits until the desk is given to a custodian. */
  async atDesk(): Promise<void> {
    const asked = this.page.getByRole('heading', { level: 1, name: /^You are asked to approve/ });
    await asked.waitFor({ timeout: PATIENCE });
  }

  /** Ticks the rows and types the two groups that are asked for, from the paper. */
  async compare(hands: Hands, paper: readonly string[]): Promise<void> {
    await hands.tick(this.page.getByRole('checkbox', { name: /^Row [A-D] matches the paper/ }));
    for (const field of await this.page.getByRole('textbox', { name: /^Row [A-D], group [1-4]$/ }).all()) {
      const asked = await nameOf(field);
      const [, row = '', column = ''] = /^Row ([A-D]), group ([1-4])$/.exec(asked) ?? [];
      const group = paper['ABCD'.indexOf(row) * 4 + Number(column) - 1];
      if (group === undefined) throw new Error(`The plan sheet has no ${asked}.`);
      await hands.write(field, group);
    }
  }
}

/** What a labelled field is called. */
const nameOf = (field: Locator): Promise<string> =>
  field.evaluate((element) => (element as HTMLInputElement).labels?.[0]?.textContent?.trim() ?? '');
