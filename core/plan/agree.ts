/**
 * What the two recipes that resolve findings have in common: the HSM is brought to the ledger, or what the HSM says is
 * recorded. Both are about findings of the last inventory, each named by itself, and about as many keys as these are.
 */
import { hex } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import type { Drift } from '../inventory/drift.ts';
import { jcsBytes } from '../json/jcs.ts';
import type { Agreement } from '../inventory/agreement.ts';
import type { KeyReplay } from '../lifecycle/replay.ts';
import type { AgreementScript, Step } from './plan.ts';
import { ledgerRoot, login, logout, room, workstation } from './steps.ts';

export type AgreementParameters = Pick<AgreementScript, 'items' | 'reason' | 'profile'>;

/** How people know what a finding is about; empty where nothing has a name that can be read. */
export function labelOf(
  { keys, agreement }: { readonly keys: KeyReplay; readonly agreement: Agreement },
  { key, sha256 }: Drift,
): string {
  const own = keys.keys.get(key ?? '')?.label ?? agreement.serviceKeys.find((one) => one.key === key)?.label;
  return own ?? agreement.labels.get(sha256 ?? '') ?? '';
}

interface Words {
  /** Of the step, and of the act and the action of the policy that belong to it. */
  readonly id: 'sync' | 'record';
  readonly ask: string;
  readonly act: { readonly title: string; readonly say: string };
  readonly readBack: { readonly title: string; readonly say: string };
  readonly irreversible?: string | undefined;
}

export const places = (count: number): string => (count === 1 ? 'one place' : `${count} places`);

export function agreementScript(
  crypto: Crypto,
  { items, reason, profile }: AgreementParameters,
  { id, ask, act, readBack, irreversible }: Words,
): Pick<AgreementScript, 'v' | 'profile' | 'items' | 'reason' | 'templates' | 'steps'> {
  const action = `${id}-hsm` as const;
  const steps: Step[] = [
    room,
    workstation,
    ledgerRoot,
    {
      id: `approve-${id}`,
      kind: 'approve',
      title: 'Approve the plan',
      leader: 'administrator',
      say: `${ask} Custodians, read the plan in your hand, compare its digest, and decide. The reason is: ${reason}`,
      confirmedBy: [],
      action,
      for: id,
    },
    login(`login-${id}`, 'Log in to the token'),
    {
      id,
      kind: 'act',
      ...act,
      leader: 'administrator',
      confirmedBy: ['administrator'],
      act: `token.${id}`,
      action,
      ...(irreversible === undefined ? {} : { irreversible }),
    },
    {
      id: 'read-back',
      kind: 'read-back',
      ...readBack,
      leader: 'administrator',
      confirmedBy: ['administrator', 'witness'],
    },
    logout('close', 'Log out and close', 'I log out. This ceremony is closed. Thank you.'),
  ];
  // No attribute template of one key is what is approved here, but the findings: their digest stands in its place.
  const sha256 = hex(crypto.sha256(jcsBytes(items)));
  const of = profile === undefined ? {} : { profile };
  return {
    v: 1,
    ...of,
    items,
    reason,
    templates: [{ step: id, template: { private: [], public: [] }, sha256 }],
    steps,
  };
}
