/** The keys of the vault as the ledger replays them. */
import type { AppView, KeyView } from '../../../contract/views.ts';
import { isPresent, mayMove, reachable } from '../../../core/lifecycle/profile.ts';
import { profileOf } from '../../../core/lifecycle/profiles/index.ts';
import { KEY_STATES, FIRST_PROFILE, type KeyState, type ProfileId } from '../../../core/lifecycle/states.ts';
import { MECHANISMS, PAIR } from '../../../core/lifecycle/template.ts';
import { text } from '../../messages/en.ts';
import type { CryptoperiodView } from '../../ui/key/cryptoperiod.ts';
import type { LifecycleEdge } from '../../ui/key/lifecycle.ts';
import { meansOf } from '../plan/change.ts';
import type { AttributeRow, KeyDetailView, KeyRow, KeysView } from './view.ts';
import { nameOfState } from '../../ui/state/names.svelte.ts';

/** SP 800-57 Part 1 Rev. 5, Table 1: originator use of a private signature key is one to three years. */
const YEARS = { recommended: 1, atMost: 3 } as const;

const day = (iso: string): string => iso.slice(0, 10);

/** The same day some years later; the 29th of February becomes the 1st of March. */
function yearsAfter(iso: string, years: number): string {
  const date = new Date(`${day(iso)}T00:00:00Z`);
  date.setUTCFullYear(date.getUTCFullYear() + years);
  return date.toISOString().slice(0, 10);
}

export function periodOf({ active, privateState, history }: KeyView): CryptoperiodView | undefined {
  if (active === null) return undefined;
  const ended = privateState === 'active' ? undefined : history.findLast(({ from }) => from === 'active')?.time;
  return {
    originator: { from: day(active), to: yearsAfter(active, YEARS.recommended) },
    atMost: yearsAfter(active, YEARS.atMost),
    cutShort: ended === undefined ? undefined : day(ended),
  };
}

/** The table of the private half, without the states that it can never reach. */
export function privateEdges(id: ProfileId): LifecycleEdge[] {
  const profile = profileOf(id);
  const reached = reachable(profile, PAIR.private, 'none');
  return profile.transitions
    .filter(({ from, to }) => mayMove(profile, PAIR.private, from, to) && (from === 'none' || reached.has(from)))
    .flatMap(({ from, to, conditions }) =>
      (from === 'none' || isState(from)) && isState(to) ? [{ from, to, note: conditions }] : [],
    );
}

const rowOf = (key: KeyView, profile: ProfileId): KeyRow => ({
  id: key.key,
  label: key.label,
  purpose: text.keyList.madeIn(key.ceremony, day(key.created)),
  algorithm: MECHANISMS[key.mechanism].name,
  state: key.privateState,
  drift: 'none',
  period: periodOf(key),
  note: key.active === null ? text.keyList.notBegun : undefined,
  gone: !isPresent(profileOf(profile), key.privateState),
});

function attributesOf({ attributes }: KeyView): AttributeRow[] {
  const names = [...new Set(attributes.map(({ name }) => name))];
  const of = (half: 'private' | 'public', name: string): string | undefined => {
    const found = attributes.find((one) => one.half === half && one.name === name);
    return found === undefined ? undefined : String(found.value);
  };
  return names.map((name) => ({ name, privateHalf: of('private', name), publicHalf: of('public', name) }));
}

const isState = (name: string): name is KeyState => (KEY_STATES as readonly string[]).includes(name);

const detailOf = (key: KeyView, profile: ProfileId, open: boolean): KeyDetailView => ({
  id: key.key,
  label: key.label,
  summary: `${text.keyList.signs}, ${MECHANISMS[key.mechanism].words}, CKA_ID ${key.key.slice(0, 4)} ${key.key.slice(4, 8)}`,
  state: key.privateState,
  halves: text.keyList.halves(nameOfState(key.privateState), nameOfState(key.publicState)),
  edges: privateEdges(profile),
  fingerprint: key.spkiSha256,
  history: key.history
    .map(({ seq, time, half, from, to, by }) => ({
      at: time.slice(0, 16).replace('T', ' '),
      from: isState(from) ? from : undefined,
      to: isState(to) ? to : key.privateState,
      entry: seq,
      half: half === 'public' ? half : undefined,
      initials: by,
    }))
    .reverse(),
  attributes: attributesOf(key),
  readAt: key.readAt,
  may: key.may.map((operation) => text.change.operation[operation] ?? operation),
  enforced: key.enforced,
  compromises: key.compromises,
  changes: key.changes.map(({ change, to, quorum }) => ({
    change,
    means: meansOf(change, to.private),
    refused: open ? text.ceremonies.open : quorum === null ? text.change.noQuorum : undefined,
  })),
});

export function keysView({ keys, vault, ceremony }: AppView, chosen: string | undefined, now: Date): KeysView {
  const profile = vault?.profile ?? FIRST_PROFILE;
  const rows = keys.map((key) => rowOf(key, profile));
  const begun = keys.map(({ active, created }) => Number((active ?? created).slice(0, 4)));
  const first = Math.min(now.getUTCFullYear(), ...begun);
  const detail = keys.find(({ key }) => key === chosen);
  return {
    axis: { fromYear: first, toYear: Math.max(now.getUTCFullYear(), ...begun) + YEARS.atMost },
    today: now.toISOString().slice(0, 10),
    rows,
    detail: detail ? detailOf(detail, profile, ceremony?.outcome === 'open') : undefined,
  };
}
