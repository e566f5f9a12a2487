/** What people must know and may dismiss, each once. */
import { overBy } from '../core/continuity/end.ts';
import type { VaultState } from '../core/ceremony/state.ts';
import type { AnchorStanding } from '../core/ledger/anchor.ts';
import { places } from '../core/plan/agree.ts';
import type { Failure } from '../core/result.ts';
import { RULES } from '../core/rules.ts';
import type { Vault } from './ceremony/vault.ts';
import type { Notice } from './view/app-view.ts';

export class Notices {
  #all: readonly Notice[] = [];
  /** The comparison with the token's head that people were told of. */
  #noted: AnchorStanding | null = null;
  /** The entry by which the findings were last told. */
  #drifted = -1;

  get all(): readonly Notice[] {
    return this.#all;
  }

  /** Takes the place of an earlier one with the same id. */
  add(notice: Notice): void {
    this.#all = [...this.#all.filter(({ id }) => id !== notice.id), notice];
  }

  dismiss(id: string): void {
    this.#all = this.#all.filter((notice) => notice.id !== id);
  }

  unavailable({ state }: Vault): void {
    if (state.anchor !== 'unavailable') return;
    this.add({ id: 'anchor-unavailable', tone: 'warn', ...RULES['ANCHOR-7'], policy: 'ANCHOR-7' });
  }

  end({ state }: Vault): void {
    const policy = overBy(state);
    if (policy) this.add({ id: 'ended', tone: 'info', ...RULES[policy], policy });
  }

  hsmLost(asked: boolean): void {
    this.add({
      id: `hsm-${Date.now()}`,
      tone: asked ? 'warn' : 'bad',
      message: asked
        ? 'The HSM host process was ended on request. The application goes on.'
        : 'The HSM host process ended unexpectedly. The application goes on.',
      hint: 'Log in again. The workstation then asks the token what it holds.',
      policy: null,
    });
  }

  papersMissing({ message }: Failure): void {
    this.add({
      id: 'genesis-sheet',
      tone: 'warn',
      message: `The vault was made, but not all of its papers. ${message}`,
      hint: 'Print the genesis sheet again from the HSM page.',
      policy: null,
    });
  }

  /** After every change: what a comparison found is told, and an act whose outcome is known needs no notice any more. */
  follow({ state, standing }: Vault): void {
    this.#standing(standing);
    this.#drift(state.agreement);
    const open = new Set([...state.intents.values()].map(({ seq }) => `intent-${seq}`));
    this.#all = this.#all.filter(({ id }) => !id.startsWith('intent-') || open.has(id));
  }

  /** What differs between the token and the ledger, once for each time that it changes; gone when all is resolved. */
  #drift({ findings, last, changed }: VaultState['agreement']): void {
    if (changed === this.#drifted) return;
    this.#drifted = changed;
    this.dismiss('drift');
    const [first] = findings;
    if (!first || !last) return;
    this.add({
      id: 'drift',
      tone: 'bad',
      message: `The HSM and the ledger differ in ${places(findings.length)}, as the inventory in entry ${last.seq} found.`,
      hint: 'Each difference is named on the HSM page, and on the key that it is about. They are resolved by a ceremony.',
      policy: first.id,
    });
  }

  /** What the comparison with the token's head found, for people to act on. Once for each comparison. */
  #standing(standing: AnchorStanding): void {
    if (standing === this.#noted || standing.state !== 'checked') return;
    this.#noted = standing;
    const { unsealed, foreign } = standing.verdict;
    if (unsealed !== null) {
      const { message, hint } = RULES['ANCHOR-6'];
      const text = `${message} It is entry ${unsealed}.`;
      this.add({ id: `anchor-${unsealed}`, tone: 'warn', message: text, hint, policy: 'ANCHOR-6' });
    }
    if (foreign > 0) {
      this.add({ id: 'anchor-foreign', tone: 'warn', ...RULES['ANCHOR-8'], policy: 'ANCHOR-8' });
    }
  }
}
