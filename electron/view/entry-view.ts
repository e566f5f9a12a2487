/** Entries as the feed and the ledger list show them. */
import { fromUtf8, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { disclosed } from '../../core/ledger/disclosure.ts';
import { initials } from '../../core/people/person.ts';
import type { EntryView } from '../../contract/ledger-views.ts';
import type { FeedView } from '../../contract/views.ts';
import type { AppendedEntry } from '../ledger/journal.ts';
import type { VaultState } from '../../core/ceremony/state.ts';
import { wordsOf } from './event-words.ts';

/** What the words for an entry are made from. An open vault is one; so is a ledger that is still being read. */
export interface EntryContext {
  readonly state: VaultState;
  /** Size of the newest signed checkpoint. */
  readonly sealed: number;
  readonly journal: { disclosuresOf(seq: number): readonly string[] };
}

export function feedView(crypto: Crypto, vault: EntryContext, { entry, hash }: AppendedEntry): FeedView {
  const { state } = vault;
  const plan = entry.ceremony === null ? undefined : state.ceremonies.get(entry.ceremony)?.plan;
  const words = wordsOf(entry, {
    disclosed: disclosed(crypto, entry.disclosures, vault.journal.disclosuresOf(entry.seq)),
    step: (id) => plan?.script.steps.find((step) => step.id === id)?.title ?? id,
  });
  const who =
    entry.type === 'step.done' ? entry.data.confirmed : entry.actor.person === undefined ? [] : [entry.actor.person];
  return {
    seq: entry.seq,
    time: entry.clock.wall,
    title: words.title,
    detail: words.detail,
    // WS is the workstation itself.
    by: who.length === 0 ? 'WS' : who.map((person) => initials(state.people.get(person)?.name ?? person)).join(' '),
    hash: hex(hash),
  };
}

export function entryView(crypto: Crypto, vault: EntryContext, line: AppendedEntry): EntryView {
  const { entry, leaf } = line;
  const words = disclosed(crypto, entry.disclosures, vault.journal.disclosuresOf(entry.seq));
  return {
    ...feedView(crypto, vault, line),
    type: entry.type,
    ceremony: entry.ceremony,
    sealed: entry.seq < vault.sealed,
    leaf: fromUtf8(leaf) ?? '',
    disclosed: Object.entries(words).map(([name, value]) => ({ name, value })),
  };
}
