import { equal, hex } from '../../bytes.ts';
import { verifyEnvelope } from '../dsse.ts';
import { FILE, mediaType } from '../names.ts';
import { changeIn, notProvenOf, STATEMENT_TYPE } from '../statement.ts';
import { judge, unchecked, type Checks } from './outcome.ts';

/** Made before signing, so the statement must carry their digests. */
const isEvidence = (name: string): boolean => /^(key|certs|ceremony|approvals)\//.test(name);

export const statementChecks: Checks = {
  'statement.shape': ({ statement }) => {
    if (!statement.ok) return judge(statement.error.message);
    const { notProven, log, lifecycle } = statement.value.predicate;
    const agreed = notProvenOf(log.anchor, lifecycle.profile, changeIn(statement.value.predicate)?.acts ?? []);
    const complete = notProven.length === agreed.length && notProven.every((line, i) => line === agreed[i]);
    return judge(complete ? null : 'What the statement says it does not prove is not in the agreed words.');
  },
  'statement.copies': ({ envelope, files }) => {
    const bytes = files.get(FILE.statement);
    const signature = files.get(FILE.signature);
    if (!envelope || !bytes || !signature) return unchecked();
    if (!envelope.ok) return judge(`The envelope cannot be read. ${envelope.error.message}`);
    if (!equal(envelope.value.payload, bytes))
      return judge('The envelope holds another statement than statement.json.');
    return judge(
      equal(envelope.value.signature, signature) ? null : 'The envelope holds another signature than statement.sig.',
    );
  },
  'statement.signature': async ({ crypto, envelope, certificate }) => {
    if (!envelope?.ok || !certificate) return unchecked();
    const valid = await verifyEnvelope(crypto, certificate.spki, STATEMENT_TYPE, envelope.value);
    return judge(valid ? null : 'The key in the attestation certificate did not make this signature.');
  },
  'statement.digests': ({ crypto, statement, files }) => {
    if (!statement.ok) return unchecked();
    const { evidence, vendorEvidence } = statement.value.predicate;
    if (vendorEvidence.length > 0)
      return judge('The statement names evidence of a device maker, which this verifier cannot read.');
    const names = evidence.map(({ name }) => name);
    const present = [...files.keys()].filter(isEvidence).sort();
    for (const { name, digest, mediaType: type } of evidence) {
      const file = files.get(name);
      if (!file) return judge(`${name} is named by the statement and missing.`);
      const found = hex(crypto.sha256(file));
      if (found !== digest.sha256)
        return judge(`${name} has the digest ${found}. The statement was signed for ${digest.sha256}.`);
      if (type !== mediaType(name)) return judge(`${name} is called something that it is not.`);
    }
    const unsigned = present.filter((name) => !names.includes(name));
    if (unsigned.length > 0) return judge(`${unsigned[0]!} is not named by the statement.`);
    return judge(
      names.length === present.length ? null : 'The statement names a file twice.',
      `${names.length} files were signed for.`,
    );
  },
};
