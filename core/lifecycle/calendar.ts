/**
 * The ends of cryptoperiods as a calendar file (RFC 5545), for the calendars of people: a workstation that is off reminds
 * nobody. It names labels and days and nothing else of a key.
 */
import { TABLE_1, warnedBefore, type KeyPeriods, type PeriodEnd } from './cryptoperiod.ts';

/** A key whose periods go on. */
export interface CalendarKey {
  /** CKA_ID, hex. */
  readonly key: string;
  readonly label: string;
  readonly periods: KeyPeriods;
  /** How often its cryptoperiod was set: a calendar takes the event with the higher number. */
  readonly revision: number;
  /** Which of its two periods still matter in its state. */
  readonly originator: boolean;
  readonly recipient: boolean;
}

/** Section 3.3.11: backslash, semicolon, comma and line breaks. */
const text = (value: string): string => value.replace(/[\\;,]/g, '\\$&').replace(/\r\n|\r|\n/g, '\\n');

/** Section 3.1: no line has more than 75 octets, and a fold never parts the octets of one character. */
export function fold(line: string): string {
  const lines: string[] = [];
  let [current, octets] = ['', 0];
  for (const character of line) {
    const point = character.codePointAt(0)!;
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    // A continued line begins with a space, which counts.
    if (octets + size > 75) {
      lines.push(current);
      [current, octets] = [` ${character}`, 1 + size];
    } else [current, octets] = [current + character, octets + size];
  }
  return [...lines, current].join('\r\n');
}

const basic = (iso: string): string => iso.replace(/[-:]|\.\d+/g, '');

const nextDay = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);

/**
 * @param vault Id of the vault: with the CKA_ID it makes identifiers that stay the same from file to file.
 * @param now An ISO instant, by the workstation.
 */
export function calendar(
  keys: readonly CalendarKey[],
  vault: { readonly id: string; readonly name: string },
  now: string,
) {
  const event = (
    { key, label, periods, revision }: CalendarKey,
    use: 'originator' | 'recipient',
    { end, by }: PeriodEnd,
  ) => [
    'BEGIN:VEVENT',
    `UID:${key}-${use}-end@${vault.id}`,
    `DTSTAMP:${basic(now)}`,
    `SEQUENCE:${revision}`,
    `DTSTART;VALUE=DATE:${basic(end)}`,
    `DTEND;VALUE=DATE:${basic(nextDay(end))}`,
    `SUMMARY:${text(`${use === 'originator' ? 'Originator' : 'Recipient'} use of ${label} ends`)}`,
    `DESCRIPTION:${text(
      `Last day, UTC. ${by === 'ledger' ? 'As the ledger has it.' : `By ${TABLE_1}: no period is recorded.`}\nVault ${vault.name}, CKA_ID ${key}. Open Conclave to plan what is due.`,
    )}`,
    'TRANSP:TRANSPARENT',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    `DESCRIPTION:${text(`Plan what follows ${label}`)}`,
    `TRIGGER:-P${Math.floor(warnedBefore(periods.begin, end))}D`,
    'END:VALARM',
    'END:VEVENT',
  ];
  return (
    [
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Conclave//Cryptoperiods//EN',
      'CALSCALE:GREGORIAN',
      ...keys.flatMap((one) => [
        ...(one.originator && one.periods.originator ? event(one, 'originator', one.periods.originator) : []),
        ...(one.recipient && one.periods.recipient ? event(one, 'recipient', one.periods.recipient) : []),
      ]),
      'END:VCALENDAR',
    ]
      .map(fold)
      .join('\r\n') + '\r\n'
  );
}
