import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calendar, fold, type CalendarKey } from '../../../core/lifecycle/calendar.ts';

interface Property {
  readonly name: string;
  readonly params: string;
  readonly value: string;
}
interface Component {
  readonly name: string;
  readonly properties: readonly Property[];
  readonly within: readonly Component[];
}

/**
 * RFC 5545 read by itself: lines end in CRLF and have at most 75 octets, a space begins a continued one, components nest,
 * and text is unescaped by section 3.3.11. It throws at whatever is not so, and imports nothing of the product.
 */
function parse(bytes: Buffer): Component {
  const file = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  if (!file.endsWith('\r\n')) throw new Error('the last line does not end');
  const physical = file.slice(0, -2).split('\r\n');
  for (const line of physical) {
    if (/[\r\n]/.test(line)) throw new Error('a bare CR or LF');
    if (Buffer.byteLength(line) > 75) throw new Error(`a line of ${Buffer.byteLength(line)} octets`);
  }
  const lines: string[] = [];
  for (const line of physical) {
    if (!line.startsWith(' ')) lines.push(line);
    else if (lines.length === 0) throw new Error('continues nothing');
    else lines.push(`${lines.pop()!}${line.slice(1)}`);
  }
  const unescape = (value: string): string =>
    value.replace(/\\(.)|[;,]/g, (all, after: string | undefined) => {
      if (after === 'n' || after === 'N') return '\n';
      if (after !== undefined && '\\;,'.includes(after)) return after;
      throw new Error(`not escaped: ${all}`);
    });
  const texts = ['SUMMARY', 'DESCRIPTION'];
  let at = 0;
  const component = (): Component => {
    const [, name] = /^BEGIN:([A-Z]+)$/.exec(lines[at++] ?? '') ?? [];
    if (name === undefined) throw new Error('no BEGIN');
    const properties: Property[] = [];
    const within: Component[] = [];
    while (lines[at] !== `END:${name}`) {
      const line = lines[at];
      if (line === undefined) throw new Error(`no END:${name}`);
      if (line.startsWith('BEGIN:')) {
        within.push(component());
        continue;
      }
      const match = /^([A-Z][A-Z0-9-]*)((?:;[A-Z-]+=[^;:,]*)*):(.*)$/s.exec(line);
      if (!match) throw new Error(`not a property: ${line}`);
      const [, property, params, value] = match as unknown as [string, string, string, string];
      properties.push({ name: property, params, value: texts.includes(property) ? unescape(value) : value });
      at += 1;
    }
    at += 1;
    return { name, properties, within };
  };
  const whole = component();
  if (at !== lines.length) throw new Error('more follows the end');
  return whole;
}

const VAULT = { id: '0b5a3c52-6d6e-4a43-9c39-5b8f3a1d7e10', name: 'Root, and "leaf"; keys\\2' };
const NOW = '2026-11-22T10:00:00.123Z';
const key = (change: Partial<CalendarKey> = {}): CalendarKey => ({
  key: 'a'.repeat(40),
  label: 'root-2026',
  periods: {
    begin: '2026-01-31',
    originator: { end: '2027-02-28', by: 'ledger' },
    recipient: { end: '2031-12-31', by: 'table' },
  },
  revision: 0,
  originator: true,
  recipient: true,
  ...change,
});
const read = (keys: readonly CalendarKey[], now = NOW): Component => parse(Buffer.from(calendar(keys, VAULT, now)));
const value = (component: Component, name: string): string | undefined => {
  const found = component.properties.filter((one) => one.name === name);
  expect(found.length).toBeLessThanOrEqual(1);
  return found[0]?.value;
};

describe('the calendar of cryptoperiods', () => {
  test('has one event of one day for each end, with a reminder before it', () => {
    const whole = read([key()]);
    expect(whole.properties.map(({ name }) => name)).toEqual(['VERSION', 'PRODID', 'CALSCALE']);
    const [first, second] = whole.within as [Component, Component];
    expect(whole.within).toHaveLength(2);
    expect(value(first, 'SUMMARY')).toBe('Originator use of root-2026 ends');
    expect(first.properties.find(({ name }) => name === 'DTSTART')).toEqual({
      name: 'DTSTART',
      params: ';VALUE=DATE',
      value: '20270228',
    });
    expect(value(first, 'DTEND')).toBe('20270301');
    expect(value(first, 'DTSTAMP')).toBe('20261122T100000Z');
    expect(value(first.within[0]!, 'TRIGGER')).toBe('-P90D');
    expect(value(second, 'DTEND')).toBe('20320101');
  });

  test('says in its own words what it rests on, whatever characters the names have', () => {
    const [first, second] = read([key()]).within as [Component, Component];
    expect(value(first, 'DESCRIPTION')).toContain(
      'As the ledger has it.\nVault Root, and "leaf"; keys\\2, CKA_ID aaaa',
    );
    expect(value(second, 'DESCRIPTION')).toContain('Table 1: no period is recorded.');
  });

  test('has the same identifiers in every file, and a higher number where the period was set again', () => {
    const ids = (keys: readonly CalendarKey[], now: string) => read(keys, now).within.map((one) => value(one, 'UID'));
    const moved = key({ revision: 2, periods: { ...key().periods, originator: { end: '2029-01-01', by: 'ledger' } } });
    expect(ids([key()], NOW)).toEqual([
      `${'a'.repeat(40)}-originator-end@${VAULT.id}`,
      `${'a'.repeat(40)}-recipient-end@${VAULT.id}`,
    ]);
    expect(ids([moved], '2027-01-01T00:00:00Z')).toEqual(ids([key()], NOW));
    expect(value(read([moved]).within[0]!, 'SEQUENCE')).toBe('2');
  });

  test('has nothing of a use that no longer matters', () => {
    expect(read([key({ originator: false })]).within).toHaveLength(1);
    expect(read([key({ originator: false, recipient: false })]).within).toEqual([]);
    expect(read([]).within).toEqual([]);
  });

  test('reads back for any label and any name of a vault', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }).filter((name) => !/\r/.test(name)),
        fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/),
        (name, label) => {
          const file = calendar([key({ label })], { ...VAULT, name }, NOW);
          const [first] = parse(Buffer.from(file)).within;
          expect(value(first!, 'DESCRIPTION')).toContain(`Vault ${name}, CKA_ID`);
          expect(value(first!, 'SUMMARY')).toBe(`Originator use of ${label} ends`);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is refused by the reader of this test where a fold, an end of line or an escape is wrong', () => {
    const file = calendar([key()], VAULT, NOW);
    expect(() => parse(Buffer.from(file.replaceAll('\r\n ', '')))).toThrow('octets');
    expect(() => parse(Buffer.from(file.replaceAll('\r\n', '\n')))).toThrow();
    expect(() => parse(Buffer.from(file.replace('\\;', ';')))).toThrow('not escaped');
    expect(() => parse(Buffer.from(file.replace('END:VEVENT\r\n', '')))).toThrow();
  });

  test('folds between characters and never within one', () => {
    const line = `DESCRIPTION:${'ä'.repeat(100)}`;
    const folded = fold(line).split('\r\n');
    expect(folded.map((part) => Buffer.byteLength(part)).every((octets) => octets <= 75)).toBe(true);
    expect(folded.map((part, at) => (at === 0 ? part : part.slice(1))).join('')).toBe(line);
  });
});
