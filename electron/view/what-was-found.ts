/** What people must know of a ledger that was opened: acts without an outcome, and whatever does not fit together. */
import { CALL_FINDINGS } from '../../core/ledger/calls.ts';
import { RULES } from '../../core/rules.ts';
import type { Vault } from '../ceremony/vault.ts';
import type { Notice } from './app-view.ts';

export function whatWasFound({ state, journal }: Vault): Notice[] {
  const found: Notice[] = [];
  for (const { act, seq } of state.intents.values()) {
    found.push({
      id: `intent-${seq}`,
      tone: 'bad',
      message: `Entry ${seq} says that an act (${act}) began. No outcome was recorded.`,
      hint: 'Log in. The workstation then asks the token what it holds, and records it once.',
      policy: 'STEP-4',
    });
  }
  const irregular = [...new Set([...state.irregular, ...state.keys.impossible])];
  if (irregular.length > 0) {
    const { message, hint } = RULES['LEDGER-3'];
    const numbers = irregular.map(String).join(', ');
    found.push({
      id: 'irregular',
      tone: 'bad',
      message: `${message} Entries ${numbers}.`,
      hint,
      policy: 'LEDGER-3',
    });
  }
  for (const { id, call, seq, at } of state.callFindings) {
    found.push({
      id: `${id}-${at}-${call}-${seq ?? ''}`,
      tone: 'bad',
      message: `${CALL_FINDINGS[id]} ${call}, as entry ${at} says${seq === undefined ? '' : ` of entry ${seq}`}.`,
      hint: 'Compare the journal with the minutes, and call an auditor.',
      policy: id,
    });
  }
  for (const { bytes, sha256 } of journal.quarantined) {
    found.push({
      id: `tail-${sha256}`,
      tone: 'warn',
      message: `The last line of the journal was unfinished (${bytes} bytes). It was kept in quarantine.`,
      hint: 'Nothing that was acknowledged is lost.',
      policy: null,
    });
  }
  return found;
}
