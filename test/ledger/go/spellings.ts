/** An entry in many spellings, most of them wrong, none of them ever used as a value of its schema. */
import { concat, utf8 } from '../../../core/bytes.ts';

/**
 * Only fields whose schema takes any text or none are touched with something that stays well-formed, so that the two
 * verifiers are asked about form alone: the other one knows no schemas.
 */
export function spellings(leaf: string): Uint8Array[] {
  const texts = [
    leaf,
    ` ${leaf}`,
    `${leaf}\n`,
    `${leaf}${leaf}`,
    `\ufeff${leaf}`,
    leaf.slice(0, -1),
    leaf.replaceAll(':', ': '),
    leaf.replaceAll(',', ', '),
    leaf.replace('"v":1', '"v":1.0'),
    leaf.replace('"v":1', '"v":1e0'),
    leaf.replace('"v":1', '"v":01'),
    leaf.replace('"v":1', '"v":"1"'),
    leaf.replace('"v":1', '"v":-0'),
    leaf.replace('"v":1', '"v":1,"v":1'),
    leaf.replace('"v":1', '"v":2,"v":1'),
    leaf.replace('"v":1', '"V":1'),
    leaf.replace(/"mono":\d+/, '"mono":9007199254740992'),
    leaf.replace(/"mono":\d+/, '"mono":9007199254740991'),
    leaf.replace(/"mono":\d+/, '"mono":0'),
    leaf.replace(/"mono":\d+/, '"mono":0.5'),
    leaf.replace(/"mono":\d+/, '"mono":1e999'),
    leaf.replace(/"mono":\d+/, '"mono":NaN'),
    leaf.replace(/"mono":\d+/, '"mono":00'),
    leaf.replace(/"mono":\d+/, '"mono":10E1'),
    leaf.replace('rehearsal', '\\u0072ehearsal'),
    leaf.replace('rehearsal', 'rehearsal\\ud800'),
    leaf.replace('"environment"', '"\\u0065nvironment"'),
    leaf.replace('"seq":', '"s\\u0065q":'),
    leaf.replace('null', 'NULL'),
    leaf.replace('{', '{,'),
    leaf.replace(/}$/, ',}'),
    leaf.replace(/}$/, ',"w":1}').replace('"w":1', '"0":1'),
    leaf.replaceAll('"', "'"),
    `[${leaf}]`,
    '',
    'null',
    '{}',
    '1',
    '['.repeat(5000),
  ];
  const bytes = utf8(leaf);
  const flipped = Array.from(bytes, (byte, at) => ({ byte, at }))
    // A flip inside a digest, a name or a time may leave a well-formed entry; only structure is asked about.
    .filter(({ byte, at }) => '{}[]":,'.includes(String.fromCharCode(byte)) && !/^\d:\d/.test(leaf.slice(at - 1)))
    .map(({ byte, at }) => bytes.with(at, byte ^ 4));
  const notUtf8 = [concat(bytes.slice(0, -1), new Uint8Array([0xff, 0x7d])), bytes.with(20, 0xc0)];
  return [...texts.map(utf8), ...flipped, ...notUtf8];
}
