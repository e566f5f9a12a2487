/** Entries for the tests of the ledger: an intent, its outcome, a person, a step, over and over. */
import { hex } from '../../core/bytes.ts';
import type { NewEntry } from '../../core/ledger/event.ts';

export const CEREMONY = 'CER-2026-001';
const workstation = { role: 'workstation' } as const;
const digest = (n: number): string => n.toString(16).padStart(64, '0');

export const intent = (label: string): NewEntry => ({
  event: {
    type: 'act.intent',
    data: { act: 'key.generate', step: 'generate', label, mechanism: 'ec-p384', token: 'vault', plan: digest(7) },
  },
  ceremony: CEREMONY,
  actor: workstation,
});

export const outcome = (intentHash: Uint8Array): NewEntry => ({
  event: {
    type: 'act.result',
    data: { act: 'key.generate', intent: hex(intentHash), outcome: 'committed', key: hex(intentHash).slice(0, 40) },
  },
  ceremony: CEREMONY,
  actor: workstation,
});

export const enrolment = (n: number, name: string): NewEntry => ({
  event: {
    type: 'person.enrolled',
    data: { person: `custodian-${n}`, credential: 'key-file', key: digest(n), spki: 'AAAA', proof: digest(n + 1) },
  },
  ceremony: null,
  actor: { role: 'administrator', person: 'administrator-1' },
  disclose: { name, medium: `USB stick ${n}` },
});

export const step = (n: number): NewEntry => ({
  event: { type: 'step.done', data: { step: `step-${n}`, confirmed: ['witness-1'] } },
  ceremony: CEREMONY,
  actor: { role: 'custodian', person: 'custodian-2' },
});

/** The nth entry of a sample ledger, given the leaf hash of the entry before it. */
export function sample(n: number, previous: Uint8Array | undefined): NewEntry {
  switch (n % 4) {
    case 0:
      return intent(`key-${n}`);
    case 1:
      return outcome(previous!);
    case 2:
      return enrolment(1 + (n % 900), `Name ${n}`);
    default:
      return step(n);
  }
}
