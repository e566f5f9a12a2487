import { hex } from '../../bytes.ts';
import { differencesOf, isByProcedure } from '../../ceremony/misreported.ts';
import type { Attribute } from '../../ledger/fields.ts';
import { differences, madeInside, withChanges, type Difference, type PairTemplate } from '../../lifecycle/template.ts';
import { templateOf } from '../../plan/plan.ts';
import { jcs } from '../../json/jcs.ts';
import { doneActs, type DoneAct } from '../acts.ts';
import { parseRequest, provesPossession } from '../csr.ts';
import { FILE } from '../names.ts';
import { fromPem } from '../pem.ts';
import { verifySignature } from '../signature.ts';
import { isOfMechanism, keyKind } from '../spki.ts';
import { changeIn } from '../statement.ts';
import { same64, type Opened } from './opened.ts';
import { failed, judge, notApplicable, pass, unchecked, type Checks, type Outcome } from './outcome.ts';

const USAGE = [
  'CKA_SIGN_RECOVER',
  'CKA_DECRYPT',
  'CKA_UNWRAP',
  'CKA_DERIVE',
  'CKA_VERIFY_RECOVER',
  'CKA_ENCRYPT',
  'CKA_WRAP',
];

/** CK_UNAVAILABLE_INFORMATION as 64 and as 32 bits: no key was ever made by this mechanism. */
const UNAVAILABLE: readonly unknown[] = ['ffffffffffffffff', 'ffffffff', 4294967295];

/** Every act in the life of the key, those before this ceremony too. */
function wholeLife({ earlier, leaves, statement }: Opened): DoneAct[] | null {
  if (!earlier || !leaves?.ok || !statement.ok) return null;
  return doneActs([...earlier, ...leaves.value], statement.value.predicate.key.ckaId);
}

/** The acts of this ceremony. */
function actsOf({ leaves, statement }: Opened): DoneAct[] | null {
  return leaves?.ok && statement.ok ? doneActs(leaves.value, statement.value.predicate.key.ckaId) : null;
}

const actNamed = (acts: readonly DoneAct[], act: string): DoneAct | undefined =>
  acts.find(({ result }) => result.entry.data.act === act);

/** Where the report of a key that existed differs from its state, other than by procedure. */
function misreported({ replay, record }: Opened): Outcome {
  if (!replay || !record) return unchecked();
  const [first] = differencesOf(replay.profile, record).filter((one) => !isByProcedure(record, one));
  return judge(first ? inWords(first) : null, `As of ${record.private} and ${record.public}.`);
}

const inWords = ({ name, half, expected, found }: Difference): string =>
  `${name} of the ${half} half: planned ${String(expected)}, reported ${found === null ? 'nothing' : String(found)}.`;

/** What the token must report of a key made here: the template of generation, changed by every later committed step, and what it made. */
function expectedAttributes(bundle: Opened, acts: readonly DoneAct[]): PairTemplate | null {
  const { plan } = bundle;
  const generated = actNamed(acts, 'key.generate')?.intent.entry.data.step;
  let template = plan && generated !== undefined ? templateOf(plan, generated)?.template : undefined;
  if (!plan || !template) return null;
  for (const { intent } of acts) {
    const { act, step } = intent.entry.data;
    const change = act === 'key.activate' && step !== undefined ? templateOf(plan, step)?.template : undefined;
    if (change) template = withChanges(template, change);
  }
  const inside = madeInside(plan.script.key.mechanism);
  return {
    private: [...(template.private ?? []), ...(inside.private ?? [])],
    public: [...(template.public ?? []), ...(inside.public ?? [])],
  };
}

/** Contradictions within what a token reported (PKCS#11 v2.40, table 18 and section 4.9). */
export function contradiction({ private: priv, public: pub }: PairTemplate): string | null {
  for (const half of [priv, pub])
    if (new Set(half.map(({ name }) => name)).size !== half.length) return 'An attribute is reported twice.';
  const value = (half: readonly Attribute[], name: string): unknown => half.find((a) => a.name === name)?.value;
  const is = (name: string): boolean => value(priv, name) === true;
  if (is('CKA_ALWAYS_SENSITIVE') && !is('CKA_SENSITIVE'))
    return 'CKA_ALWAYS_SENSITIVE is true and CKA_SENSITIVE is not.';
  if (is('CKA_NEVER_EXTRACTABLE') && value(priv, 'CKA_EXTRACTABLE') !== false)
    return 'CKA_NEVER_EXTRACTABLE is true and CKA_EXTRACTABLE is not false.';
  for (const [half, list] of [
    ['private', priv],
    ['public', pub],
  ] as const) {
    const mechanism = value(list, 'CKA_KEY_GEN_MECHANISM');
    if (value(list, 'CKA_LOCAL') === true && (mechanism === undefined || UNAVAILABLE.includes(mechanism)))
      return `The ${half} half is said to be made inside the token, and by no mechanism.`;
    const other = USAGE.find((name) => value(list, name) === true);
    if (other !== undefined) return `The ${half} half may do more than sign or verify: ${other} is true.`;
  }
  for (const name of ['CKA_LABEL', 'CKA_ID', 'CKA_LOCAL', 'CKA_KEY_GEN_MECHANISM']) {
    const [a, b] = [value(priv, name), value(pub, name)];
    if (a !== undefined && b !== undefined && a !== b) return `The two halves differ in ${name}.`;
  }
  return null;
}

async function requestOutcome(bundle: Opened): Promise<Outcome> {
  const { crypto, files, statement, spki } = bundle;
  const file = files.get(FILE.request);
  const acts = actsOf(bundle);
  if (!acts || !statement.ok || !spki) return unchecked();
  const made = actNamed(acts, 'key.certify-request');
  if (!file)
    return made
      ? failed('The ledger records a certificate request, and it is missing.')
      : notApplicable('No certificate request was made in this ceremony.');
  const der = fromPem('CERTIFICATE REQUEST', file);
  const request = der && parseRequest(der);
  if (!request) return failed('The certificate request is not in the agreed form.');
  const { spkiSha256, label } = statement.value.predicate.key;
  if (hex(crypto.sha256(request.spki)) !== spkiSha256 || hex(crypto.sha256(spki)) !== spkiSha256)
    return failed('The certificate request is for another key.');
  if (request.commonName !== label) return failed('The certificate request is for another label.');
  if (!(await provesPossession(crypto, request))) return failed('The key did not sign this certificate request.');
  if (!made?.result.entry.data.blobs?.includes(hex(crypto.sha256(der))))
    return failed('The ledger does not record this certificate request.');
  return pass();
}

async function testOutcome(bundle: Opened): Promise<Outcome> {
  const { crypto, files, statement, spki } = bundle;
  const challenge = files.get(FILE.challenge);
  const signature = files.get(FILE.testSignature);
  const acts = actsOf(bundle);
  if (!acts || !statement.ok || !spki) return unchecked();
  const made = actNamed(acts, 'key.test-signature');
  if (!challenge && !signature && !made && changeIn(statement.value.predicate))
    return notApplicable('No test signature was made in this ceremony.');
  if (!challenge && !signature && !made)
    return statement.value.predicate.lifecycle.state === 'active'
      ? failed('The key is active, and no test signature was recorded.')
      : notApplicable('The key is not active, so it made no test signature.');
  if (!challenge || !signature) return failed('The test signature or its challenge is missing.');
  if (!made) return failed('The ledger does not record this test signature.');
  const { digest } = made.intent.entry.data;
  if (digest !== undefined && digest !== hex(crypto.sha256(challenge)))
    return failed('The ledger announced another challenge.');
  if (!made.result.entry.data.blobs?.includes(hex(crypto.sha256(signature))))
    return failed('The ledger records another test signature.');
  return judge(
    (await verifySignature(crypto, spki, challenge, signature, undefined, 'subject'))
      ? null
      : 'The key did not sign this challenge.',
    `Recorded at ${made.result.entry.clock.wall}.`,
  );
}

export const keyChecks: Checks = {
  'key.public': ({ crypto, statement, spki, plan, record }) => {
    if (!statement.ok || !plan || !record) return unchecked();
    if (!spki) return judge('The public key file is not in the agreed form.');
    const found = hex(crypto.sha256(spki));
    const { subject, predicate } = statement.value;
    if (found !== subject[0].digest.sha256 || found !== predicate.key.spkiSha256)
      return judge('The public key is not the subject of the statement.');
    if (!same64(record.spki ?? '', spki)) return judge('The ledger records another public key.');
    const kind = keyKind(spki);
    const { mechanism } = plan.script.key;
    return judge(
      kind && isOfMechanism(kind, mechanism) && predicate.key.mechanism === mechanism && record.mechanism === mechanism
        ? null
        : 'The public key is of another kind than the plan called for.',
      `SHA-256 ${found}`,
    );
  },
  'key.request': requestOutcome,
  'key.attributes': (bundle) => {
    const { statement, record } = bundle;
    const acts = actsOf(bundle);
    if (!statement.ok || !record || !acts) return unchecked();
    const { attributes, readAt } = statement.value.predicate.key;
    if (readAt !== record.readAt || jcs(attributes) !== jcs(record.attributes))
      return judge('The attributes in the statement are not those that the ledger recorded last.');
    if (changeIn(statement.value.predicate)) return misreported(bundle);
    const expected = expectedAttributes(bundle, acts);
    if (!expected) return unchecked();
    const [first] = differences(expected, attributes);
    return judge(
      first ? inWords(first) : null,
      `${expected.private.length + expected.public.length} of ${expected.private.length + expected.public.length} planned values were reported.`,
    );
  },
  'key.contradictions': ({ statement }) =>
    statement.ok ? judge(contradiction(statement.value.predicate.key.attributes)) : unchecked(),
  'key.id': (bundle) => {
    const { statement, record } = bundle;
    const acts = wholeLife(bundle);
    if (!statement.ok || !acts) return unchecked();
    const { ckaId, attributes } = statement.value.predicate.key;
    const generated = actNamed(acts, 'key.generate');
    if (!record || !generated || hex(generated.intent.hash).slice(0, 40) !== ckaId)
      return judge('The ledger has no entry from which this CKA_ID follows.');
    const reported = [...attributes.private, ...attributes.public].filter(({ name }) => name === 'CKA_ID');
    return judge(reported.every(({ value }) => value === ckaId) ? null : 'The token reported another CKA_ID.');
  },
  'key.test-signature': testOutcome,
};
