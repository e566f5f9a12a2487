/**
 * The three texts of a bundle for people: README.txt, VERIFY.md and SHA256SUMS. They are made from the statement alone,
 * so the verifier makes them again and compares every byte: a bundle whose VERIFY.md tells its reader to run
 * something else is refused.
 */
import { hex, utf8 } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { FILE } from './names.ts';
import { fromPem } from './pem.ts';
import type { Issued } from './bundle.ts';
import { keyKind, signNameOf, type SignName } from './spki.ts';
import type { ChangePredicate, Statement } from './statement.ts';
import { guideText } from './verify-md.ts';
import { parseCertificate } from './x509.ts';

type FileMap = ReadonlyMap<string, Uint8Array>;

/** `sha256sum` format, sorted by name, all files but itself. */
export function sha256Sums(crypto: Crypto, files: FileMap): Uint8Array {
  const names = [...files.keys()].filter((name) => name !== FILE.sums).sort();
  return utf8(names.map((name) => `${hex(crypto.sha256(files.get(name)!))}  ${name}\n`).join(''));
}

/** What a ceremony changed, as lines of text. */
function changed({ change, lifecycle, notProven }: ChangePredicate): string {
  const { acts, reason } = change;
  const moves = acts
    .flatMap(({ objects }) => objects)
    .map(
      ({ object, before, after }) =>
        `  ${object} object: ${before === after ? `still ${after}` : `${before} to ${after}`}\n`,
    );
  const enforced = acts.findLast((act) => act.enforced !== null)?.enforced;
  const kept =
    enforced == null ? '' : `\nKept ${enforced === 'device' ? 'by the device' : 'by procedure, not by the device'}.\n`;
  const gone = [...new Set(acts.flatMap(({ words }) => words ?? []))].map((words) => `\n${words}\n`).join('');
  const reports = acts.flatMap(({ compromise }) => compromise ?? []);
  const reported = reports.map((one) => `\nReported: ${one.reason}, believed since ${one.believed}\n`).join('');
  return `What was changed (${lifecycle.profile}):
${moves.join('')}${kept}${gone}${reported}
Reason: ${reason}

What this archive does not prove:
${notProven.map((line) => `  - ${line}\n`).join('')}`;
}

export function readme({ predicate }: Statement): Uint8Array {
  const { environment, ceremony, key, bundleId, lifecycle } = predicate;
  const change = 'change' in predicate ? predicate : null;
  const about = change
    ? `how the state of the key ${key.label}
was changed, who approved it, and what the token answered.

${changed(change)}`
    : `how the key ${key.label} was made, who approved it,
and that it is ${lifecycle.state}.
`;
  const warning =
    environment === 'rehearsal'
      ? 'TEST ONLY. This bundle was made in a rehearsal. It is evidence of nothing but the rehearsal.\n\n'
      : '';
  return utf8(`${warning}Attestation bundle ${bundleId}

This archive is the evidence of ceremony ${ceremony.id}: ${about}
SHA-256 of the public key (SubjectPublicKeyInfo, DER):
${key.spkiSha256}

Nothing in this archive says whether to trust it, this text included. To verify it you need two things that must
reach you by another way than this archive:

  1. the genesis sheet of the vault, genesis.json, and its digest on paper;
  2. a verifier: the program that came with the genesis sheet, or the commands in VERIFY.md, which need only
     openssl, jq, unzip and the ordinary tools of a Debian system.

With the program:  verify FILE --trust genesis.json${environment === 'rehearsal' ? ' --expect rehearsal' : ''}

What the archive does not prove stands in statement.json under notProven, and in the verifier's report beside
each check.
`);
}

export interface GuideParts {
  readonly statement: Statement;
  readonly files: FileMap;
  readonly first: number;
  readonly size: number;
  /** Wall clock of the last sealed entry. */
  readonly time: string;
  readonly issued: Issued;
}

function nameOf(files: FileMap, file: string, label: 'PUBLIC KEY' | 'CERTIFICATE'): SignName | null {
  const der = files.has(file) ? fromPem(label, files.get(file)!) : null;
  const spki = der && (label === 'CERTIFICATE' ? (parseCertificate(der)?.spki ?? null) : der);
  const kind = spki && keyKind(spki);
  return kind ? signNameOf(kind) : null;
}

/** VERIFY.md for these files. Where the keys cannot be read, the text is of no use, but still the same for everyone. */
export function guide(parts: GuideParts): Uint8Array {
  const { statement, files, first, size, time, issued } = parts;
  return utf8(
    guideText({
      bundleId: statement.predicate.bundleId,
      change: 'change' in statement.predicate,
      rehearsal: statement.predicate.environment === 'rehearsal',
      signer: nameOf(files, FILE.certificate, 'CERTIFICATE') ?? 'ecdsa-sha256',
      subject: nameOf(files, FILE.publicKey, 'PUBLIC KEY') ?? 'ecdsa-sha256',
      request: files.has(FILE.request),
      test: files.has(FILE.testSignature),
      first,
      size,
      time,
      issued,
    }),
  );
}
