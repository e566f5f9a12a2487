import jsqr from 'jsqr';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { checkpointText, formatNote, signatureLine } from '../../core/ledger/note.ts';
import { receiptCode } from '../../electron/evidence/receipt-code.ts';

/** Reads a code by another implementation than the one that drew it, from the SVG's own squares. */
function read(svg: string): Uint8Array | null {
  const side = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)![1]);
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, w, h] of svg.matchAll(/M(\d+),(\d+)h(\d+)v(\d+)h-\3z/g)) {
    for (let row = Number(y); row < Number(y) + Number(h); row++)
      pixels.fill(0, (row * side + Number(x)) * 4, (row * side + Number(x) + Number(w)) * 4);
  }
  for (let alpha = 3; alpha < pixels.length; alpha += 4) pixels[alpha] = 255;
  const scan = (jsqr as unknown as { default?: typeof jsqr }).default ?? jsqr;
  const found = scan(pixels, side, side);
  return found && new Uint8Array(found.binaryData);
}

const note = (signatures: number): string =>
  formatNote(
    checkpointText({ origin: 'conclave.example/vault/be59e631', size: 1234567, root: new Uint8Array(32).fill(0xa5) }),
    Array.from({ length: signatures }, (_, n) =>
      signatureLine(`conclave.example/vault/be59e631/custodian-${n}`, new Uint8Array(4), new Uint8Array(72).fill(n)),
    ),
  );

describe('the code of a receipt', () => {
  it.each([1, 2, 5, 12])(
    'is read back byte for byte with %i signatures, and draws nothing but squares',
    (signatures) => {
      const svg = receiptCode(note(signatures))!;
      expect(read(svg)).toEqual(utf8(note(signatures)));
      expect(svg).not.toMatch(/<(?!\/?(svg|rect|path)\b)/);
      expect(svg).not.toContain('style');
    },
  );

  it('is none where the note is longer than any code holds', () => {
    expect(receiptCode(note(30))).toBeNull();
  });
});
