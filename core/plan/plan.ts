/**
 * A plan: a recipe with its parameters, people, HSM and policy, frozen. Its SHA-256 over JCS bytes is what everyone
 * compares on paper and approves. The script in it is what the room follows; its own SHA-256 is the same in a
 * rehearsal and in production, because nothing of the binding is in it.
 */
import * as v from 'valibot';
import { environmentSchema } from '../ledger/entry.ts';
import { Compromise } from '../ledger/event.ts';
import { item, MAX_ITEMS } from './agree-item.ts';
import {
  Attribute,
  Cryptoperiod,
  Hash,
  HoldDays,
  KeyId,
  KeyLabel,
  Mechanism,
  PairMechanism,
  Purpose,
  StepId,
  Timestamp,
} from '../ledger/fields.ts';
import { objectsOf } from '../lifecycle/purpose.ts';
import { PROFILE_IDS } from '../lifecycle/states.ts';
import { personSchema, Role } from '../people/person.ts';
import { Action } from '../quorum/policy.ts';
import { HIDDEN_REFUSED, isVisible } from '../text.ts';

/** What a step does when its time comes. */
export const StepKind = v.picklist([
  'confirm', // people say what they see; nothing happens
  'approve', // custodians sign for the later step `for`
  'login', // the user PIN is typed and C_Login called
  'act', // something happens on the token
  'read-back', // what the HSM says is compared with the plan, then confirmed
  'logout', // the HSM host process ends, and the PIN with it
  'export', // the bundle is signed and written
]);
export type StepKind = v.InferOutput<typeof StepKind>;

export const StepAct = v.picklist([
  'key.generate',
  'key.certify-request',
  'key.activate',
  'key.test-signature',
  'key.test-use',
  'key.suspend',
  'key.resume',
  'key.deactivate',
  'key.compromise',
  'key.destroy',
  'token.sync',
  'token.record',
  'key.change-label',
  'key.set-cryptoperiod',
  'key.reactivate',
  'key.disable',
  'key.enable',
  'key.schedule-destruction',
  'key.delete',
  'key.remove',
]);
export type StepAct = v.InferOutput<typeof StepAct>;

export const stepSchema = v.strictObject({
  id: StepId,
  kind: StepKind,
  title: v.pipe(v.string(), v.maxLength(120)),
  /** Who leads the step and reads `say` aloud. */
  leader: Role,
  say: v.pipe(v.string(), v.maxLength(600)),
  /** Who initials the step. One of each role named. */
  confirmedBy: v.array(Role),
  act: v.optional(StepAct),
  /** The quorum action: on an `approve` step what is approved, on an `act` step what must have been. */
  action: v.optional(Action),
  /** On an `approve` step: the step approved. */
  for: v.optional(StepId),
  /** Present where the step cannot be undone: what to say about it. The screen then asks for a held button. */
  irreversible: v.optional(v.pipe(v.string(), v.maxLength(300))),
  /** The key that the step is about, where the ceremony makes another one that follows it. */
  of: v.optional(v.literal('predecessor')),
  /** On an `act` step: what a person types before it, so that the wrong key is not destroyed by habit. */
  typed: v.optional(v.literal('label')),
});
export type Step = v.InferOutput<typeof stepSchema>;

const attributes = v.optional(v.pipe(v.array(Attribute), v.readonly()));

/** Attributes set on the objects of a key, CKA_ID excepted: on both halves of a pair, or on one secret key. */
export const templateSchema = v.strictObject({ private: attributes, public: attributes, secret: attributes });
export type Template = v.InferOutput<typeof templateSchema>;

/** Printed and read aloud: what stands on paper must be what was hashed, in the order in which it was hashed. */
export const Reason = v.pipe(v.string(), v.minLength(1), v.maxLength(300), v.check(isVisible, HIDDEN_REFUSED));

/** How the key can be had again after a loss of the token, declared before it is made and read aloud. */
export const recoverySchema = v.variant('kind', [
  /** Not at all, and why. */
  v.strictObject({ kind: v.literal('none'), reason: Reason }),
  /** From a clone that people make with the maker's own tool: how, and where it is kept. */
  v.strictObject({ kind: v.literal('vendor-clone'), reason: Reason }),
]);
export type RecoveryPlan = v.InferOutput<typeof recoverySchema>;

const script = {
  v: v.literal(1),
  title: v.pipe(v.string(), v.maxLength(120)),
  /** The lifecycle profile of the vault, from which templates and warnings follow. Absent in plans from before there was a choice. */
  profile: v.optional(v.picklist(PROFILE_IDS)),
  /** The attribute template of each act step that has one, by step id. */
  templates: v.array(v.strictObject({ step: StepId, template: templateSchema, sha256: Hash })),
  steps: v.pipe(v.array(stepSchema), v.minLength(3), v.maxLength(64)),
};

const key = { label: KeyLabel, mechanism: Mechanism, purpose: Purpose };
const made = {
  ...key,
  initialState: v.picklist(['pre-active', 'active']),
  cryptoperiod: v.optional(Cryptoperiod),
};

const exists = ({ purpose, mechanism }: { readonly purpose: Purpose; readonly mechanism: Mechanism }): boolean =>
  objectsOf(purpose, mechanism) !== null;
const NO_SUCH_KEY = 'no key of this mechanism is made for this purpose';

/** The first recipe: signature key pairs without recovery. */
const signingSchema = v.strictObject({
  ...script,
  recipe: v.literal('generate-signing-key@1'),
  key: v.strictObject({
    ...made,
    mechanism: PairMechanism,
    purpose: v.literal('sign'),
    recovery: recoverySchema.options[0],
  }),
});
export type SigningScript = v.InferOutput<typeof signingSchema>;

const keySchema = v.strictObject({
  ...script,
  recipe: v.literal('generate-key@1'),
  key: v.pipe(
    v.strictObject({ ...made, recovery: recoverySchema }),
    v.check((it) => exists(it), NO_SUCH_KEY),
  ),
});
export type KeyScript = v.InferOutput<typeof keySchema>;

/** What becomes of a key when another follows it: it stays as it is, or is changed by the same ceremony. */
export const Fate = v.picklist(['keep', 'suspend', 'deactivate', 'destroy']);
export type Fate = v.InferOutput<typeof Fate>;

/** A script that makes the key which follows one that exists. Which one that is stands in the plan's `subject`. */
const rotateSchema = v.strictObject({
  ...keySchema.entries,
  recipe: v.literal('rotate-key@1'),
  reason: Reason,
  predecessor: v.strictObject({ label: KeyLabel, mechanism: Mechanism, fate: Fate }),
});
export type RotateScript = v.InferOutput<typeof rotateSchema>;

/** A script that makes a key. */
export type GenerateScript = SigningScript | KeyScript | RotateScript;

/** A script that changes the state of a key that exists. Which key of the token it is stands in the plan's `subject`. */
const changing = <R extends string>(recipe: R) =>
  v.strictObject({
    ...script,
    recipe: v.literal(recipe),
    key: v.pipe(
      v.strictObject(key),
      v.check((it) => exists(it), NO_SUCH_KEY),
    ),
    reason: Reason,
  });

const compromiseSchema = v.strictObject({
  ...changing('report-compromise@1').entries,
  compromise: Compromise,
});
export type CompromiseScript = v.InferOutput<typeof compromiseSchema>;

/** A script about findings of an inventory, and as many keys as these are about. */
const agreeing = <R extends string>(recipe: R) =>
  v.strictObject({
    ...script,
    recipe: v.literal(recipe),
    items: v.pipe(v.array(item), v.minLength(1), v.maxLength(MAX_ITEMS)),
    reason: Reason,
  });

const labelSchema = v.strictObject({ ...changing('change-label@1').entries, newLabel: KeyLabel });
export type LabelScript = v.InferOutput<typeof labelSchema>;

const cryptoperiodSchema = v.strictObject({ ...changing('set-cryptoperiod@1').entries, cryptoperiod: Cryptoperiod });
export type CryptoperiodScript = v.InferOutput<typeof cryptoperiodSchema>;

const scheduleSchema = v.strictObject({ ...changing('schedule-destruction@1').entries, hold: HoldDays });
export type ScheduleScript = v.InferOutput<typeof scheduleSchema>;

/** The closed set of recipes; each has a file of its own that makes its script. */
export const scriptSchema = v.variant('recipe', [
  signingSchema,
  keySchema,
  rotateSchema,
  changing('prove-possession@1'),
  changing('activate-key@1'),
  changing('suspend-key@1'),
  changing('resume-key@1'),
  changing('deactivate-key@1'),
  compromiseSchema,
  changing('destroy-key@1'),
  agreeing('sync-hsm@1'),
  agreeing('record-hsm@1'),
  labelSchema,
  cryptoperiodSchema,
  scheduleSchema,
  changing('reactivate-key@1'),
  changing('disable-key@1'),
  changing('enable-key@1'),
  changing('delete-key@1'),
  changing('remove-key@1'),
]);
export type Script = v.InferOutput<typeof scriptSchema>;
export type Recipe = Script['recipe'];
/** A script that resolves findings; it is about no single key. */
export type AgreementScript = Extract<Script, { readonly items: unknown }>;
/** A script about one key. */
export type OneKeyScript = Exclude<Script, AgreementScript>;
/** A script about a key that exists. */
export type ChangeScript = Exclude<OneKeyScript, GenerateScript>;
export type ChangeRecipe = ChangeScript['recipe'];

/** CK_TOKEN_INFO text. A lone surrogate has no UTF-8 form and could not be hashed. */
const tokenText = v.pipe(
  v.string(),
  v.maxLength(64),
  v.check((text) => text.isWellFormed()),
);

export const planSchema = v.strictObject({
  v: v.literal(1),
  ceremony: v.pipe(v.string(), v.regex(/^CER-\d{4}-\d{3,6}$/)),
  environment: environmentSchema,
  vault: v.pipe(v.string(), v.uuid()),
  hsm: v.strictObject({ label: tokenText, serial: v.pipe(tokenText, v.minLength(1)), model: tokenText }),
  policySha256: Hash,
  people: v.pipe(v.array(personSchema), v.minLength(3)),
  /** The key that is changed, by CKA_ID and, of a pair, public key. Absent where the ceremony makes one. */
  subject: v.optional(v.strictObject({ key: KeyId, spkiSha256: v.optional(Hash) })),
  script: scriptSchema,
  scriptSha256: Hash,
  created: Timestamp,
  expires: Timestamp,
});
export type Plan = v.InferOutput<typeof planSchema>;

/** A plan about one key. */
export type KeyPlan = Omit<Plan, 'script'> & { readonly script: OneKeyScript };

/** The key that a plan is about. Asked only of plans about one key: those of an agreement have none. */
export function plannedKey({ script: of }: Pick<Plan, 'script'>): OneKeyScript['key'] {
  if ('items' in of) throw new Error(`${of.recipe} is about no single key`);
  return of.key;
}

export const stepOf = (plan: Plan, id: string): Step | null => plan.script.steps.find((step) => step.id === id) ?? null;

export const templateOf = (plan: Plan, step: string): { template: Template; sha256: string } | null =>
  plan.script.templates.find((entry) => entry.step === step) ?? null;

/** Every role that some step of the script names. */
export const requiredRoles = (script: Script): Role[] => [
  ...new Set(
    script.steps.flatMap((step) => [
      step.leader,
      ...step.confirmedBy,
      ...(step.kind === 'approve' ? ['custodian' as const] : []),
    ]),
  ),
];
