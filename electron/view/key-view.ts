/** Keys as the ledger replays them. */
import { fromBase64, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { KeyRecord } from '../../core/lifecycle/replay.ts';
import { initials } from '../../core/people/person.ts';
import type { KeyView } from '../../contract/views.ts';
import type { Vault } from '../ceremony/vault.ts';

/** A view is made again only when something of its key changed: every snapshot has all of them. */
const made = new WeakMap<KeyRecord, { readonly of: string; readonly view: KeyView }>();

export function keyView(crypto: Crypto, vault: Vault, record: KeyRecord): KeyView {
  const { history, readAt } = record;
  const decisions = vault.state.ceremonies.get(record.ceremony)?.decisions.length ?? 0;
  const of = `${history.length} ${record.private} ${record.public} ${readAt} ${decisions}`;
  const known = made.get(record);
  if (known?.of === of) return known.view;
  const view = makeView(crypto, vault, record);
  made.set(record, { of, view });
  return view;
}

function makeView(crypto: Crypto, vault: Vault, record: KeyRecord): KeyView {
  const { state } = vault;
  const ceremony = state.ceremonies.get(record.ceremony);
  const approvers = (ceremony?.decisions ?? []).filter(({ decision }) => decision === 'approve');
  const by = (step: string) =>
    approvers
      .filter((decision) => decision.step === step)
      .map(({ person }) => initials(state.people.get(person)?.name ?? person))
      .join(' ');
  const events = record.history.filter(({ half }) => half === 'private');
  return {
    key: record.key,
    label: record.label,
    mechanism: record.mechanism,
    purpose: 'sign',
    privateState: record.private,
    publicState: record.public,
    spkiSha256: hex(crypto.sha256(fromBase64(record.spki) ?? new Uint8Array())),
    created: events[0]?.time ?? '',
    active: events.find(({ to }) => to === 'active')?.time ?? null,
    history: events.map(({ seq, time, from, to }) => ({
      seq,
      time,
      from,
      to,
      by: by(to === 'active' ? 'activate' : 'generate'),
    })),
    attributes: (['private', 'public'] as const).flatMap((half) =>
      record.attributes[half].map((a) => ({ ...a, half })),
    ),
    readAt: record.readAt,
    ceremony: record.ceremony,
  };
}
