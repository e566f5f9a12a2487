/** The paths inside a bundle. What is not named here may not be in one. */

export const FILE = {
  readme: 'README.txt',
  sums: 'SHA256SUMS',
  guide: 'VERIFY.md',
  statement: 'statement.json',
  signature: 'statement.sig',
  envelope: 'statement.dsse.json',
  publicKey: 'key/public.spki.pem',
  request: 'key/request.csr.pem',
  challenge: 'key/test.challenge',
  testSignature: 'key/test.sig',
  certificate: 'certs/attestation-key.pem',
  root: 'certs/operator-root.pem',
  plan: 'ceremony/plan.json',
  minutes: 'ceremony/minutes.json',
  range: 'log/range.jsonl',
  rangeProof: 'log/range.proof',
  disclosures: 'log/disclosures.jsonl',
} as const;

export const approvalFile = (custodian: string, step: string): string => `approvals/${custodian}-${step}.dsse.json`;
export const entryFile = (seq: number): string => `log/${seq}.entry.json`;
export const proofFile = (seq: number): string => `log/${seq}.tlog-proof`;
export const headFile = (size: number): string => `log/head-${size}.consistency`;

const MEDIA_TYPES: readonly (readonly [suffix: string, type: string])[] = [
  ['.spki.pem', 'application/x-pem-file'],
  ['.csr.pem', 'application/pkcs10'],
  ['.pem', 'application/pem-certificate-chain'],
  ['.dsse.json', 'application/vnd.dsse.envelope.v1+json'],
  ['.json', 'application/json'],
];

export const mediaType = (name: string): string =>
  MEDIA_TYPES.find(([suffix]) => name.endsWith(suffix))?.[1] ?? 'application/octet-stream';
