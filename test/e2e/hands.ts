/** How a person acts on the screen: by pointer or by keyboard, on things that they find by role and name. */
import type { Locator, Page } from 'playwright-core';

/** How long anything may take before the run counts as failed. No measurement. */
export const PATIENCE = 60_000;

export interface Hands {
  /** In plain words, for the log. */
  readonly kind: 'pointer' | 'keyboard';
  /** Presses a button or link that can be used. */
  press(control: Locator): Promise<void>;
  /** Types into a field, in place of what is there. */
  write(field: Locator, text: string): Promise<void>;
  /** Chooses an option of a native select by its label. */
  pick(select: Locator, label: string): Promise<void>;
  /** Chooses a radio button or ticks a checkbox. */
  mark(control: Locator): Promise<void>;
  /** Ticks rows of a digest, from the first to the last. */
  tick(rows: Locator): Promise<void>;
  /** Opens the first row of a table whose text matches. */
  open(table: Locator, text: RegExp): Promise<void>;
  /** Reads on to the end of the column in which a heading stands. By keyboard the focus must be in that column. */
  readOn(heading: Locator): Promise<void>;
  /** Holds a button until `done` settles, and lets go. */
  hold(button: Locator, done: () => Promise<unknown>): Promise<void>;
}

/** Waits until a control is there and can be used. Buttons that cannot say why in their name. */
async function usable(control: Locator): Promise<void> {
  await control.waitFor({ state: 'visible', timeout: PATIENCE });
  const until = Date.now() + PATIENCE;
  while ((await control.getAttribute('aria-disabled')) === 'true') {
    if (Date.now() > until) throw new Error(`${String(control)} cannot be used.`);
    await control.page().waitForTimeout(50);
  }
}

/** Pointer for everything that can be pointed at; text is typed. */
export class Pointer implements Hands {
  readonly kind = 'pointer';

  constructor(private readonly page: Page) {}

  async press(control: Locator): Promise<void> {
    await usable(control);
    await control.click({ timeout: PATIENCE });
  }

  async write(field: Locator, text: string): Promise<void> {
    await field.click({ clickCount: 3, timeout: PATIENCE });
    await this.page.keyboard.type(text);
  }

  async pick(select: Locator, label: string): Promise<void> {
    await select.selectOption({ label }, { timeout: PATIENCE });
  }

  async mark(control: Locator): Promise<void> {
    if (!(await control.isChecked({ timeout: PATIENCE }))) await control.click();
  }

  async tick(rows: Locator): Promise<void> {
    await rows.first().waitFor({ timeout: PATIENCE });
    for (const row of await rows.all()) await row.click();
  }

  async open(table: Locator, text: RegExp): Promise<void> {
    await table.getByRole('row').filter({ hasText: text }).first().click({ timeout: PATIENCE });
  }

  async readOn(heading: Locator): Promise<void> {
    await heading.hover();
    await this.page.mouse.wheel(0, 10_000);
  }

  async hold(button: Locator, done: () => Promise<unknown>): Promise<void> {
    await usable(button);
    await button.hover();
    await this.page.mouse.down();
    try {
      await done();
    } finally {
      await this.page.mouse.up();
    }
  }
}

/** More stops than any screen has. A control that is not reached by then has no key path. */
const MOST_STOPS = 150;

/** The keyboard alone: a control is reached by Tab or it is not reached at all. */
export class Keyboard implements Hands {
  readonly kind = 'keyboard';

  constructor(private readonly page: Page) {}

  /** Moves the focus with Tab until it is on the control. */
  async reach(control: Locator): Promise<void> {
    await control.waitFor({ state: 'visible', timeout: PATIENCE });
    for (let stops = 0; stops < MOST_STOPS; stops++) {
      if (await isFocused(control)) return;
      await this.page.keyboard.press('Tab');
    }
    throw new Error(`${String(control)} was not reached with the Tab key.`);
  }

  async press(control: Locator): Promise<void> {
    await usable(control);
    await this.reach(control);
    await this.page.keyboard.press('Enter');
  }

  async write(field: Locator, text: string): Promise<void> {
    await this.reach(field);
    await this.page.keyboard.press('Control+A');
    await this.page.keyboard.type(text);
  }

  /** A closed select goes to the next option that begins with what is typed. */
  async pick(select: Locator, label: string): Promise<void> {
    await this.reach(select);
    await this.page.keyboard.type(label);
    const chosen = await select.evaluate((element) => (element as HTMLSelectElement).selectedOptions[0]?.label ?? '');
    if (chosen !== label) throw new Error(`Typing ${label} chose ${chosen}.`);
  }

  /** Radio buttons of one name are one stop: the arrow keys go between them and choose. */
  async mark(control: Locator): Promise<void> {
    await control.waitFor({ state: 'visible', timeout: PATIENCE });
    if (await control.isChecked()) return;
    const group = (await control.getAttribute('type')) === 'radio' ? await control.getAttribute('name') : null;
    if (group === null) {
      await this.reach(control);
      await this.page.keyboard.press('Space');
      return;
    }
    const members = this.page.locator(`input[type=radio][name="${group}"]`);
    for (let stops = 0; stops < MOST_STOPS; stops++) {
      if (await isFocused(members)) break;
      await this.page.keyboard.press('Tab');
    }
    if (!(await isFocused(members))) throw new Error(`The choices ${group} were not reached with the Tab key.`);
    for (let moves = await members.count(); moves > 0 && !(await isFocused(control)); moves--) {
      await this.page.keyboard.press('ArrowDown');
    }
    if (!(await control.isChecked())) await this.page.keyboard.press('Space');
    if (!(await control.isChecked())) throw new Error(`${String(control)} was not chosen with the keyboard.`);
  }

  /** Space ticks a row and moves on; the rows are one Tab stop. */
  async tick(rows: Locator): Promise<void> {
    await rows.first().waitFor({ timeout: PATIENCE });
    const count = await rows.count();
    await this.reach(rows.first());
    for (let row = 0; row < count; row++) await this.page.keyboard.press('Space');
  }

  /** A table is one Tab stop; Up and Down go between its rows. */
  async open(table: Locator, text: RegExp): Promise<void> {
    const rows = table.getByRole('row');
    const wanted = rows.filter({ hasText: text }).first();
    await wanted.waitFor({ timeout: PATIENCE });
    for (let stops = 0; stops < MOST_STOPS && !(await isFocused(rows)); stops++) await this.page.keyboard.press('Tab');
    await this.page.keyboard.press('Home');
    for (let moves = await rows.count(); moves > 0 && !(await isFocused(wanted)); moves--) {
      await this.page.keyboard.press('ArrowDown');
    }
    if (!(await isFocused(wanted))) throw new Error(`${String(wanted)} was not reached with the arrow keys.`);
    await this.page.keyboard.press('Enter');
  }

  async readOn(): Promise<void> {
    await this.page.keyboard.press('End');
  }

  async hold(button: Locator, done: () => Promise<unknown>): Promise<void> {
    await usable(button);
    await this.reach(button);
    await this.page.keyboard.down('Space');
    try {
      await done();
    } finally {
      await this.page.keyboard.up('Space');
    }
  }
}

/** True when the focus is on one of the elements that a locator finds. */
const isFocused = (control: Locator): Promise<boolean> =>
  control.evaluateAll((elements) => elements.some((element) => element === document.activeElement));
