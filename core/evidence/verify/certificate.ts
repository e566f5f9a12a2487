import { equal, hex } from '../../bytes.ts';
import { attestationName, chainProblem, rootName } from '../x509.ts';
import type { Opened } from './opened.ts';
import { judge, unchecked, type Checks } from './outcome.ts';

/** When the last sealed entry was written, in milliseconds: certificates are judged at this time, not today. */
export const sealedAt = ({ leaves }: Opened): string | null =>
  leaves?.ok ? (leaves.value.at(-1)?.entry.clock.wall ?? null) : null;

/** The root as something outside the bundle confirms it, or why there is none. */
function trustedRoot({ crypto, trust, rootFingerprint, bundledRoot }: Opened): Uint8Array | string | null {
  if (!trust && rootFingerprint === null) return null;
  if (!bundledRoot) return 'The operator root certificate in the archive cannot be read.';
  if (trust)
    return equal(trust.root, bundledRoot)
      ? trust.root
      : 'The archive carries another operator root than the genesis sheet.';
  const found = hex(crypto.sha256(bundledRoot));
  return found === rootFingerprint
    ? bundledRoot
    : `The operator root in the archive has the fingerprint ${found}, not the one given.`;
}

export const certificateChecks: Checks = {
  'certificate.chain': async (bundle) => {
    const { crypto, certificate, statement, now } = bundle;
    const root = trustedRoot(bundle);
    const at = sealedAt(bundle);
    if (root === null) return unchecked('Neither a genesis sheet nor a root fingerprint was given.');
    if (typeof root === 'string') return judge(root);
    if (!certificate) return judge('The certificate of the attestation key is not in the agreed form.');
    if (at === null || !statement.ok) return unchecked();
    const { vault } = statement.value.predicate;
    if (certificate.issuer !== rootName(vault) || certificate.subject !== attestationName(vault))
      return judge('The certificate is for another vault.');
    const problem = await chainProblem(crypto, root, certificate.der, Date.parse(at));
    const since = Date.parse(now) > Date.parse(certificate.notAfter) ? ' It has expired since.' : '';
    return judge(problem, `Judged at ${at}, when the ledger was sealed.${since}`);
  },
  'certificate.signer': ({ crypto, certificate, statement, spki, trust }) => {
    if (!certificate || !statement.ok) return unchecked();
    const { signer, key, operatorRoot } = statement.value.predicate;
    const spkiSha256 = hex(crypto.sha256(certificate.spki));
    const certSha256 = hex(crypto.sha256(certificate.der));
    if (signer.spkiSha256 !== spkiSha256 || signer.certSha256 !== certSha256)
      return judge('The statement names another attestation key or certificate.');
    if (spkiSha256 === key.spkiSha256 || (spki && equal(spki, certificate.spki)))
      return judge('The statement is signed by the very key it is about.');
    if (operatorRoot.sharesTokenWithSubject !== (operatorRoot.tokenSerial === statement.value.predicate.token.serial))
      return judge('The statement contradicts itself about the token of the operator root.');
    if (!trust) return judge(null, 'Compared with the statement only: no genesis sheet was given.');
    const known = trust.genesis.attestationKey;
    return judge(
      known.spkiSha256 === spkiSha256 && known.certificateSha256 === certSha256
        ? null
        : 'The genesis sheet names another attestation key.',
      operatorRoot.sharesTokenWithSubject
        ? 'The operator root is on the same token as the key: whoever holds that token and its PIN could make both.'
        : undefined,
    );
  },
};
