import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestRows, EVEN_WORDS, natoSpelling, ODD_WORDS, pgpWords } from '../../../core/digest/words.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('digest words', () => {
  // A PGP fingerprint and its words, as published by the authors of the list.
  it('says the published fingerprint in the published words', () => {
    expect(pgpWords('e58294f2e9a227486e8b061b31cc528fd7fa3f19').join(' ')).toBe(
      'topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa ' +
        'afflict bravado chatter revolver Dupont midsummer stopwatch whimsical cowbell bottomless',
    );
  });

  // Values that the tools of the DNSSEC root key ceremonies are tested with.
  it.each([
    [
      'mekmitasdigoat',
      'optic onlooker ringbolt recover upset almighty steamship hemisphere billiard butterfat classic letterhead ' +
        'reward filament waffle midsummer berserk speculate cement revival ribcage repellent commence combustion ' +
        'freedom component standard disruptive physique liberty acme typewriter',
    ],
    [
      'The quick brown fox jumps over the lazy dog',
      'stopwatch paramount watchword pocketful ahead stethoscope merit molecule gazelle revenue pupil pyramid ' +
        'ruffled antenna buzzard document optic escapade drunken tradition goggles crossover suspense impetus ' +
        'button aftermath stagnate rebellion clamshell retrospect topmost misnomer',
    ],
  ])('says the SHA-256 of %j as the DNSSEC root ceremonies do', (message, words) => {
    expect(pgpWords(sha256(message)).join(' ')).toBe(words);
  });

  it('has 256 words in each list, no word twice, in alphabetical order as published', () => {
    expect(EVEN_WORDS).toHaveLength(256);
    expect(ODD_WORDS).toHaveLength(256);
    const all = [...EVEN_WORDS, ...ODD_WORDS].map((word) => word.toLowerCase());
    expect(new Set(all).size).toBe(512);
    for (const word of all) expect(word).toMatch(/^[a-z]{3,11}$/);
    const misplaced = [EVEN_WORDS, ODD_WORDS].flatMap((list) =>
      list.filter((word, n) => n > 0 && word.toLowerCase() < list[n - 1]!.toLowerCase()),
    );
    // The published list has this one pair the wrong way round, and the bytes 0x09 and 0x0a hang on it.
    expect(misplaced).toEqual(['Apollo']);
    expect(ODD_WORDS.slice(9, 11)).toEqual(['applicant', 'Apollo']);
  });

  it('never says two neighbouring bytes with words of the same list', () => {
    expect(EVEN_WORDS.filter((word) => ODD_WORDS.includes(word))).toEqual([]);
    expect(pgpWords('0000')).toEqual(['aardvark', 'adroitness']);
    expect(pgpWords('ffff')).toEqual(['Zulu', 'Yucatan']);
  });

  it('spells a group as it is read aloud', () => {
    expect(['e588', 'b520', '804e', 'a9ed'].map(natoSpelling)).toEqual([
      'Echo five eight eight',
      'Bravo five two zero',
      'eight zero four Echo',
      'Alfa nine Echo Delta',
    ]);
    expect(natoSpelling('0123456789abcdef')).toBe(
      'zero one two three four five six seven eight nine Alfa Bravo Charlie Delta Echo Foxtrot',
    );
  });

  it('lays a digest out in rows A to D, four groups each, two words a group', () => {
    const digest = 'c2d7cf955ad33b516581e078b0922fd5e588b520804ea9ed5876a6ff639d5968';
    const rows = digestRows(digest);
    expect(rows.map(({ row }) => row).join('')).toBe('ABCD');
    expect(rows.flatMap(({ groups }) => groups.map((group) => group.hex)).join('')).toBe(digest);
    expect(rows.flatMap(({ groups }) => groups.flatMap((group) => group.words))).toEqual(pgpWords(digest));
    expect(rows[2]!.groups[0]).toEqual({ hex: 'e588', words: ['topmost', 'maritime'] });
  });

  it('refuses what is not lower-case hex', () => {
    for (const text of ['E588', 'xyz', 'abc']) expect(() => pgpWords(text)).toThrow(TypeError);
    for (const text of ['', 'E588', '5 8']) expect(() => natoSpelling(text)).toThrow(TypeError);
    for (const text of ['', 'ab'.repeat(31), 'AB'.repeat(32)]) expect(() => digestRows(text)).toThrow(TypeError);
  });
});
