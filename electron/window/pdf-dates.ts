/**
 * The time stamps of a PDF. Two prints of one page differ in nothing else, so with the time stamps set to one value
 * equal pages give equal files. When a sheet was printed is on the sheet and in the ledger.
 */

/** ISO 32000-1, 7.9.4: `D:YYYYMMDDHHmmSSOHH'mm'`, as Chromium writes it into the information dictionary. */
const DATE = /\/(?:CreationDate|ModDate) \(D:(\d{14}[+-]\d{2}'\d{2}')\)/g;

/** The beginning of 1970 at UTC. As long as what it replaces: a PDF finds its parts by their offsets. */
const FIXED = "19700101000000+00'00'";

/** Sets every creation and modification date of a PDF. The bytes are changed in place. */
export function fixDates(pdf: Uint8Array): Uint8Array {
  const bytes = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength);
  for (const found of bytes.toString('latin1').matchAll(DATE)) {
    bytes.write(FIXED, found.index + found[0].indexOf('(D:') + 3, 'latin1');
  }
  return pdf;
}
