/** Whether an approval is about the thing at hand. Pure; the signature is checked before (evidence/dsse.ts). */
import type { Environment } from '../ledger/entry.ts';
import type { Event, EventType } from '../ledger/event.ts';
import type { RuleId } from '../rules.ts';
import type { Approval } from './approval.ts';
import { instant } from './instant.ts';

/** What an approval must be bound to, taken from the plan and the vault, never from the approval. */
export interface Binding {
  readonly environment: Environment;
  readonly ceremony: string;
  readonly scriptSha256: string;
  readonly planSha256: string;
  readonly step: string;
  readonly hsmSerial: string;
  readonly templateSha256: string;
}

/** The first binding that does not hold, or null. */
export function misbound(approval: Approval, binding: Binding): RuleId | null {
  if (approval.environment !== binding.environment) return 'APPROVAL-5';
  if (approval.planSha256 !== binding.planSha256 || approval.scriptSha256 !== binding.scriptSha256) return 'APPROVAL-1';
  if (approval.ceremony !== binding.ceremony || approval.step !== binding.step) return 'APPROVAL-2';
  if (approval.hsm.serial !== binding.hsmSerial) return 'APPROVAL-3';
  if (approval.templateSha256 !== binding.templateSha256) return 'APPROVAL-4';
  return null;
}

/**
 * Whether an approval may be used at this moment (milliseconds since 1970). `timeLock` is in seconds. It runs from
 * `received`, the moment at which the ledger took the approval, because the custodian wrote the time in it.
 */
export function untimely(approval: Approval, now: number, timeLock = 0, received = -Infinity): RuleId | null {
  const given = instant(approval.time);
  if (!(given <= now && now < instant(approval.expires))) return 'APPROVAL-6';
  if (approval.notBefore !== undefined && !(instant(approval.notBefore) <= now)) return 'APPROVAL-6';
  if (!(Math.max(given, received) + timeLock * 1000 <= now)) return 'APPROVAL-12';
  return null;
}

/** Entries that may lie between an approval's ledger head and the act it allows. */
const HARMLESS: ReadonlySet<EventType> = new Set<EventType>([
  'approval.given',
  'approval.declined',
  'command.refused',
  'exception.recorded',
  'step.done', // presence and confirmations
  'session.opened',
  'session.refused',
  'session.closed',
  'workstation.started',
  'clock.read',
  'ledger.tail-quarantined',
  'hsm.lost',
  'calls.reconciled',
  // Looking at the token changes nothing on it; what a throw-away key showed is about no other key.
  'inventory.taken',
  'token.enforcement',
  // What was seen of the ledger from outside changes nothing in it.
  'checkpoint.cosigned',
  'receipt.given',
  'receipt.presented',
  'receipt.skipped',
]);

/**
 * Whether nothing but presence, decisions, login and this step's own attempts happened since the approval. An attempt
 * that took effect uses the approval up.
 */
export const undisturbed = (between: readonly Event[], step: string): boolean =>
  between.every((event) => {
    if (HARMLESS.has(event.type)) return true;
    if ('act' in event.data && event.data.act === 'token.probe-key') return true;
    if (event.type === 'act.intent') return event.data.step === step;
    if (event.type === 'act.result' || event.type === 'act.recovered') {
      return event.data.outcome === 'not-committed' || event.data.act === 'key.discard-half';
    }
    return false;
  });
