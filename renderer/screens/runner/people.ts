import type { CeremonyView, PresenceView } from '../../../contract/views.ts';
import { text } from '../../messages/en.ts';
import { utcTime } from '../../ui/shell/status.ts';
import type { FeedEntry, PersonView, RoomView } from './view.ts';

/** `Custodian 1 of 3`, or the bare role where one person holds it. The number is the one of the person's id. */
export function seatOf(people: readonly PresenceView[], person: PresenceView): string {
  const members = people.filter(({ role }) => role === person.role).length;
  return text.runner.seat(text.runner.role[person.role], Number(person.person.split('-')[1] ?? 1), members);
}

export const nameOf = (ceremony: CeremonyView, role: string): PresenceView | undefined =>
  ceremony.people.find((person) => person.role === role);

function personView(people: readonly PresenceView[], person: PresenceView): PersonView {
  const { decision, decidedAt } = person;
  const decided = decision === 'approved' || decision === 'declined';
  return {
    initials: person.initials,
    name: person.name,
    seat: seatOf(people, person),
    state: decided ? decision : 'present',
    word: decision === 'waiting' ? text.room.presence.waiting : undefined,
    detail: decided && decidedAt !== null ? utcTime(decidedAt) : undefined,
  };
}

export function roomView({ people, quorum }: CeremonyView): RoomView {
  const some = (custodian: boolean): PersonView[] =>
    people.filter(({ role }) => (role === 'custodian') === custodian).map((person) => personView(people, person));
  return {
    quorum: quorum
      ? {
          required: quorum.required,
          approved: quorum.approved,
          members: quorum.of,
          action: text.steps.approve.action[quorum.action] ?? quorum.action,
        }
      : undefined,
    custodians: some(true),
    others: some(false),
  };
}

export const feedView = ({ feed }: CeremonyView): FeedEntry[] =>
  feed.map(({ seq, time, title, detail, by, hash }) => ({
    number: seq,
    event: title,
    detail,
    by,
    time: utcTime(time),
    hash: `${hash.slice(0, 4)} ${hash.slice(4, 8)}`,
  }));
