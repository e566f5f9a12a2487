/** Genuine bundles without an HSM: how a key was made, and how the state of one was changed. */
import { randomBytes } from 'node:crypto';
import { base64 } from '../../core/bytes.ts';
import { certificationRequest, requestToSign } from '../../core/evidence/csr.ts';
import { keyKind, signNameOf } from '../../core/evidence/spki.ts';
import { ACT_OF, targetsOf, type Change as AnyChange } from '../../core/lifecycle/change.ts';
import { profileOf } from '../../core/lifecycle/profiles/index.ts';
import { PAIR_HALVES } from '../../core/lifecycle/states.ts';
import { PAIR } from '../../core/lifecycle/purpose.ts';
import { ACTIVATION, expectedOf, madeInside, withChanges, type PairStates } from '../../core/lifecycle/template.ts';
import { generateSigningKey } from '../../core/plan/generate-signing-key.ts';
import { templateOf, type Template } from '../../core/plan/plan.ts';
import { RECIPE_OF, scriptOf, type ScriptParameters } from '../../core/plan/recipes.ts';
import { nodeCrypto as crypto } from '../../standalone/crypto.ts';
import { House, sha256, type Made, type MadeBundle } from './house.ts';
import { makeKey, type Kind } from './keys.ts';
import type { ChangeOptions, FactoryOptions } from './spoil.ts';

export { must } from './house.ts';

/** Those that take the vault's own table and nothing besides a reason or a report. */
export type Change = Exclude<AnyChange, 'change-label' | 'set-cryptoperiod' | 'schedule-destruction'>;

const LABEL = 'ALD-CS-2026-A';

interface Key extends Made {
  readonly ckaId: string;
  readonly spki: Uint8Array;
}

/** The ceremony that makes a key, up to its export. */
function generate(house: House, options: FactoryOptions): Key {
  const { subject = 'ec-p384', initialState = 'active', spoil = {} } = options;
  const script = generateSigningKey(crypto, {
    label: LABEL,
    mechanism: subject,
    purpose: 'sign',
    initialState,
    recovery: { kind: 'none', reason: 'There is no backup; a new key would be made.' },
  });
  const plan = house.freeze(script);
  for (const step of ['room', 'workstation', 'ledger-root']) house.done(step);
  house.note('ledger-root', 'Camera 2 was turned.');

  const key = makeKey(subject as Kind);
  const kind = signNameOf(keyKind(key.spki)!);
  const generation = templateOf(plan, 'generate')!;
  const inside = madeInside(subject);
  const full = (template: Template): Template => ({
    private: [...template.private!, ...inside.private],
    public: [...template.public!, ...inside.public],
  });
  const read = (template: Template): Template => spoil.reading?.(full(template)) ?? full(template);

  const approvals = house.approve('generate');
  if (spoil.decline) house.decline('generate');
  house.done('approve-generate');
  house.login();
  const made = house.intent({
    act: 'key.generate',
    step: 'generate',
    template: generation.sha256,
    approvals,
    label: LABEL,
    mechanism: subject,
  });
  const ckaId = spoil.ckaId ?? made.slice(0, 40);
  house.result('key.generate', made, {
    outcome: 'committed',
    key: ckaId,
    spki: base64(key.spki),
    attributes: read(generation.template),
  });
  house.done('generate');
  const info = requestToSign({ commonName: LABEL, spki: key.spki });
  const use = options.requestUse ?? 'evidence';
  const request = certificationRequest(
    { commonName: LABEL, spki: key.spki },
    use === 'pkcs1' ? 'rsa-pkcs1-sha256' : kind,
    key.sign(info, use),
  );
  const requested = house.intent({ act: 'key.certify-request', step: 'request', key: ckaId, digest: sha256(info) });
  house.result('key.certify-request', requested, { outcome: 'committed', key: ckaId, blobs: [sha256(request)] });
  house.done('request');
  if (initialState === 'pre-active') return { ckaId, spki: key.spki, request, testSignature: null };

  house.logout();
  const again = house.approve('activate');
  house.login();
  const activated = house.intent({
    act: 'key.activate',
    step: 'activate',
    template: templateOf(plan, 'activate')!.sha256,
    approvals: again,
    key: ckaId,
  });
  const attributes = read(withChanges(generation.template, ACTIVATION));
  house.result('key.activate', activated, { outcome: 'committed', key: ckaId, attributes });
  house.done('activate');
  if (spoil.skipTestSignature) return { ckaId, spki: key.spki, request, testSignature: null };
  const challenge = new Uint8Array(randomBytes(32));
  const signature = key.sign(challenge);
  const tested = house.intent({
    act: 'key.test-signature',
    step: 'test-signature',
    key: ckaId,
    digest: sha256(challenge),
  });
  house.result('key.test-signature', tested, { outcome: 'committed', key: ckaId, blobs: [sha256(signature)] });
  house.done('test-signature');
  return { ckaId, spki: key.spki, request, testSignature: { challenge, signature } };
}

export async function makeBundle(options: FactoryOptions = {}): Promise<MadeBundle> {
  const house = new House(options);
  const { ckaId, request, testSignature } = generate(house, options);
  return house.bundle(ckaId, { request, testSignature });
}

const REASON = 'The yearly change of keys.';

/** The ceremony of one change, up to its export, on a token that does as it is told unless `spoil` says otherwise. */
function hold(house: House, key: Key, change: Change, now: PairStates, options: ChangeOptions, last: boolean): void {
  const { subject = 'ec-p384' } = options;
  const spoil = last ? (options.spoil ?? {}) : {};
  const common = { key: { label: LABEL, mechanism: subject, purpose: 'sign' }, reason: REASON } as const;
  const believed = '2026-03-01T09:30:00Z';
  const parameters: ScriptParameters =
    change === 'compromise'
      ? { ...common, recipe: RECIPE_OF[change], compromise: { reason: 'key-compromise', believed } }
      : { ...common, recipe: RECIPE_OF[change] };
  const script = scriptOf(crypto, parameters);
  const plan = house.freeze(script, { key: key.ckaId, spkiSha256: sha256(key.spki) });
  for (const { kind, id } of script.steps) if (kind === 'confirm') house.done(id);
  const approvals = house.approve(change);
  house.login();
  const intent = house.intent({
    act: ACT_OF[change],
    step: change,
    template: templateOf(plan, change)!.sha256,
    approvals: spoil.unapproved ? [] : approvals,
    key: key.ckaId,
    ...('compromise' in script ? { compromise: script.compromise } : {}),
  });
  const profile = profileOf(house.genesis.profile);
  const after = { ...now, ...targetsOf(profile, change, { ...now, objects: PAIR }) } as PairStates;
  const gone = PAIR_HALVES.filter((half) => after[half] === 'destroyed');
  const left = options.procedure && last ? now : after;
  const attributes = expectedOf(profile, LABEL, subject, left);
  const outcome = {
    outcome: 'committed',
    key: key.ckaId,
    attributes: spoil.reading?.(attributes) ?? attributes,
    ...(gone.length === 0 ? {} : { gone }),
    enforced: options.procedure && last ? 'procedure' : 'device',
    ...(options.procedure && last ? { error: { call: 'C_SetAttributeValue', rv: 'CKR_ATTRIBUTE_READ_ONLY' } } : {}),
  } as const;
  house.result(ACT_OF[change], intent, spoil.outcome?.(outcome) ?? outcome);
  house.done('read-back');
}

/** The bundle of the last of these changes, which were made one after the other to an active key. */
export async function makeChange(changes: readonly Change[], options: ChangeOptions = {}): Promise<MadeBundle> {
  const house = new House(options);
  const key = generate(house, { ...(options.subject === undefined ? {} : { subject: options.subject }) });
  house.close();
  let now: PairStates = { private: 'active', public: 'active' };
  for (const [i, change] of changes.entries()) {
    const last = i === changes.length - 1;
    for (let n = 0; last && n < (options.filler ?? 0); n++) house.refusal();
    hold(house, key, change, now, options, last);
    const profile = profileOf(house.genesis.profile);
    now = { ...now, ...targetsOf(profile, change, { ...now, objects: PAIR }) } as PairStates;
    if (!last) house.close();
  }
  return house.bundle(key.ckaId, { request: null, testSignature: null });
}
