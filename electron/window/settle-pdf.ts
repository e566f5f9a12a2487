/**
 * What differs between two prints of one page: the time stamps, and the names of the structure elements, which Chromium
 * takes from a counter of the process that laid out the page. With both set to fixed values equal pages give equal
 * files. When a sheet was printed is on the sheet and in the ledger.
 */

/** ISO 32000-1, 7.9.4: `D:YYYYMMDDHHmmSSOHH'mm'`, as Chromium writes it into the information dictionary. */
const DATE = /\/(?:CreationDate|ModDate) \(D:(\d{14}[+-]\d{2}'\d{2}')\)/g;

/** The beginning of 1970 at UTC. */
const FIXED = "19700101000000+00'00'";

/** ISO 32000-1, 14.7.2: the identifier of a structure element, as Skia writes it. */
const ELEMENT = /\(node(\d{8})\)/g;

/**
 * Sets every creation and modification date of a PDF, and numbers its structure elements from 1 in the order that they
 * have, which the name tree over them depends on. The bytes are changed in place, and each value is as long as what it
 * replaces: a PDF finds its parts by their offsets.
 */
export function settlePdf(pdf: Uint8Array): Uint8Array {
  const bytes = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength);
  const text = bytes.toString('latin1');
  for (const found of text.matchAll(DATE)) {
    bytes.write(FIXED, found.index + found[0].indexOf('(D:') + 3, 'latin1');
  }
  const elements = [...text.matchAll(ELEMENT)].map((found) => ({ at: found.index + 5, name: found[1]! }));
  const numbers = new Map([...new Set(elements.map(({ name }) => name))].sort().map((name, i) => [name, i + 1]));
  for (const { at, name } of elements) bytes.write(String(numbers.get(name)).padStart(8, '0'), at, 'latin1');
  return pdf;
}
