/**
 * What differs between two prints of one page: the time stamps, and the names of the structure elements, which Chromium
 * counts as it comes to need them. With both set to fixed values equal pages give equal
 * files. When a sheet was printed is on the sheet and in the ledger.
 */

/** ISO 32000-1, 7.9.4: `D:YYYYMMDDHHmmSSOHH'mm'`, as Chromium writes it into the information dictionary. */
const DATE = /\/(?:CreationDate|ModDate) \(D:(\d{14}[+-]\d{2}'\d{2}')\)/g;

/** The beginning of 1970 at UTC. */
const FIXED = "19700101000000+00'00'";

/** ISO 32000-1, 14.7.2: the identifier of a structure element, as Skia writes it. */
const ELEMENT = /\(node(\d{8})\)/g;

/** ISO 32000-1, 7.9.6: the one leaf of the name tree over these identifiers, in their order. */
const NAMES = /(?<=\/Limits \[)\(node\d{8}\) \(node\d{8}\)\]\n\/Names \[(?:\(node\d{8}\) \d+ 0 R ?)+(?=\])/;

/**
 * Sets every creation and modification date of a PDF, and numbers its structure elements in the order of their objects.
 * The bytes are changed in place, and what is written is as long as what was there: a PDF finds its parts by their
 * offsets.
 */
export function settlePdf(pdf: Uint8Array): Uint8Array {
  const bytes = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength);
  const text = bytes.toString('latin1');
  for (const found of text.matchAll(DATE)) {
    bytes.write(FIXED, found.index + found[0].indexOf('(D:') + 3, 'latin1');
  }
  const tree = NAMES.exec(text);
  if (!tree) return pdf;
  const named = [...tree[0].matchAll(/\(node(\d{8})\) (\d+) 0 R/g)].map(([, name = '', object = '']) => ({
    name,
    object,
  }));
  named.sort((a, b) => Number(a.object) - Number(b.object));
  const names = new Map(named.map(({ name }, i) => [name, String(i + 1).padStart(8, '0')]));
  for (const { index, 1: name = '' } of text.matchAll(ELEMENT)) {
    bytes.write(names.get(name) ?? name, index + '(node'.length, 'latin1');
  }
  const list = named.map(({ name, object }) => `(node${names.get(name)!}) ${object} 0 R`).join(' ');
  const first = String(1).padStart(8, '0');
  const last = String(named.length).padStart(8, '0');
  const leaf = `(node${first}) (node${last})]\n/Names [${list}`;
  bytes.write(leaf.padEnd(tree[0].length), tree.index, 'latin1');
  return pdf;
}
