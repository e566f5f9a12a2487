/** What an entry says in words: the title and detail of the feed and of the ledger list. */
import type { Entry } from '../../core/ledger/entry.ts';
import type { Act, Event, EventOf } from '../../core/ledger/event.ts';
import { isRuleId, RULES } from '../../core/rules.ts';

export const ACTS: Readonly<Record<Act, string>> = {
  'token.initialize': 'Initialise a rehearsal token',
  'token.probe': 'Find out what the token can do',
  'token.probe-key': 'Find out what the token enforces',
  'log-key.generate': 'Make the log key',
  'attestation-key.generate': 'Make the attestation key',
  'operator-root.generate': 'Make the operator root',
  'operator-root.sign': 'Issue a certificate',
  'key.generate': 'Generate the key pair',
  'key.discard-half': 'Remove the half of an interrupted key',
  'key.certify-request': 'Make the certificate request',
  'key.activate': 'Make the key active',
  'key.test-signature': 'Make a test signature',
  'key.test-use': 'Try the key',
  'key.suspend': 'Suspend the key',
  'key.resume': 'Resume the key',
  'key.deactivate': 'Deactivate the key',
  'key.compromise': 'Block the key and report its compromise',
  'key.destroy': 'Destroy the key',
  'token.sync': 'Bring the HSM to the ledger',
  'token.record': 'Record what the HSM says',
  'key.change-label': 'Change the label of the key',
  'key.set-cryptoperiod': 'Set the cryptoperiod of the key',
  'key.reactivate': 'Make the deactivated key active again',
  'key.disable': 'Switch the key off',
  'key.enable': 'Switch the key on',
  'key.schedule-destruction': 'Block the key and begin the wait for its destruction',
  'key.delete': 'Delete the key',
  'key.remove': 'Take the key off the list',
  'statement.sign': 'Sign the attestation statement',
};

const OUTCOMES = { committed: 'done', 'not-committed': 'not done', unknown: 'outcome unknown' } as const;

/** Said where the token does not enforce the state that the ledger now has. */
const keptBy = ({ enforced }: EventOf<'act.result' | 'act.recovered'>['data']): string =>
  enforced === 'procedure' ? ' By procedure, not by the device.' : '';

export interface Words {
  readonly title: string;
  readonly detail: string;
}

/** @param named What the entry's disclosures say, and the title of a step by its id. */
export function wordsOf(
  entry: Entry,
  named: { readonly disclosed: Readonly<Record<string, string>>; readonly step: (id: string) => string },
): Words {
  const event: Event = entry;
  const { disclosed, step } = named;
  switch (event.type) {
    case 'vault.created':
      return { title: 'Vault begun', detail: disclosed['vault_name'] ?? event.data.origin };
    case 'token.bound':
      return {
        title: event.data.token === 'vault' ? 'Vault token bound' : 'Operator root token bound',
        detail: disclosed['token_label'] ?? event.data.model,
      };
    case 'token.probed': {
      const { anchor, signing } = event.data;
      const works = signing.find((one) => one.works)?.mechanism ?? 'none';
      return { title: 'Token probed', detail: `Log key: ${works}. Head on the token: ${anchor}.` };
    }
    case 'workstation.started':
      return { title: 'Workstation started', detail: `Version ${event.data.software.version}` };
    case 'clock.read':
      return {
        title: 'Outside clock read',
        detail: `${event.data.reading}, give or take ${event.data.uncertainty} s: ${disclosed['source'] ?? 'source withheld'}`,
      };
    case 'ledger.tail-quarantined':
      return { title: 'Unfinished line set aside', detail: `${event.data.bytes} bytes, kept in quarantine` };
    case 'person.enrolled':
      return { title: 'Person enrolled', detail: disclosed['name'] ?? event.data.person };
    case 'policy.set':
      return { title: 'Policy set', detail: event.data.policy.slice(0, 8) };
    case 'genesis.sealed':
      return { title: 'Genesis sealed', detail: event.data.genesis.slice(0, 8) };
    case 'plan.frozen':
      return { title: 'Plan frozen', detail: event.data.recipe };
    case 'step.done':
      return { title: 'Step confirmed', detail: step(event.data.step) };
    case 'exception.recorded':
      return { title: 'Exception recorded', detail: disclosed['note'] ?? step(event.data.step) };
    case 'approval.given':
      return { title: 'Approved', detail: step(event.data.step) };
    case 'approval.declined':
      return { title: 'Declined', detail: step(event.data.step) };
    case 'command.refused': {
      const { policy, count } = event.data;
      const sentence = isRuleId(policy) ? RULES[policy].message : 'Refused.';
      return { title: `Refused, ${policy}`, detail: count > 1 ? `${sentence} ${count} times.` : sentence };
    }
    case 'session.opened':
      return {
        title: 'Logged in',
        detail: event.data.module
          ? `By another module file than the vault began with, ${event.data.module.slice(0, 8)}`
          : event.data.token === 'vault'
            ? 'Vault token'
            : 'Operator root token',
      };
    case 'session.refused':
      return { title: 'Login refused', detail: `${event.data.error.call}: ${event.data.error.rv}` };
    case 'session.closed':
      return { title: 'Logged out', detail: event.data.reason };
    case 'hsm.lost':
      return {
        title: 'HSM host ended',
        detail: event.data.during === null ? 'Nothing was under way' : 'An act was under way',
      };
    case 'act.intent':
      return { title: ACTS[event.data.act], detail: 'Intent' };
    case 'act.result':
      return { title: ACTS[event.data.act], detail: `${OUTCOMES[event.data.outcome]}${keptBy(event.data)}` };
    case 'act.recovered':
      return {
        title: ACTS[event.data.act],
        detail: `Found out: ${OUTCOMES[event.data.outcome]}. ${event.data.found}${keptBy(event.data)}`,
      };
    case 'ledger.ended': {
      const { kind, copies, successor } = event.data;
      const ends = {
        closed: 'Ledger closed',
        retired: 'Ledger moved, this workstation retired',
        succeeded: 'Ledger succeeded',
      } as const;
      const kept = `${copies.length} copies, each read back and verified.`;
      return { title: ends[kind], detail: successor === undefined ? kept : `By ${successor}. ${kept}` };
    }
    case 'ledger.continued': {
      const { origin, size, by, missing } = event.data;
      const gap = missing === 0 ? '' : ` ${missing} entries are missing, CONTINUITY-12.`;
      const who = by === 'log-key' ? 'by its log key' : 'by its quorum';
      return { title: 'Goes on from another ledger', detail: `${size} entries of ${origin}, ${who}.${gap}` };
    }
    case 'ledger.restored': {
      const { size, receipts, retired } = event.data;
      const from = retired ? 'from a workstation that had retired' : 'from a copy';
      return {
        title: 'Ledger restored',
        detail:
          receipts.length === 0
            ? `${size} entries ${from}. No receipt was shown, CONTINUITY-13.`
            : `${size} entries ${from}, compared with ${receipts.length} receipts.`,
      };
    }
    case 'calls.reconciled': {
      const { calls, writes, findings } = event.data;
      const made = calls.reduce((sum, { count }) => sum + count, 0);
      const compared =
        findings.length === 0
          ? 'Each has its entry, and each entry its call.'
          : findings
              .map(({ id, call, seq }) => `${id}: ${call}${seq === undefined ? '' : `, entry ${seq}`}.`)
              .join(' ');
      return { title: 'Calls on the token compared', detail: `${made} calls, ${writes} of them writes. ${compared}` };
    }
    case 'inventory.taken': {
      const { objects, found } = event.data;
      const all = objects.reduce((sum, { count }) => sum + count, 0);
      const rules = [...new Set(event.data.findings.map(({ id }) => id))].join(', ');
      return {
        title: 'Inventory of the token',
        detail: `${all} objects. ${found === 0 ? 'The token and the ledger agree.' : `${found} findings: ${rules}.`}`,
      };
    }
    case 'token.enforcement': {
      const { clear, copy } = event.data;
      const rights =
        clear.answer === 'enforced'
          ? 'Rights are taken away by the device'
          : 'Rights are taken away by procedure, not by the device';
      return { title: 'What the token enforces', detail: `${rights}. Copying is ${copy.answer}.` };
    }
    case 'checkpoint.cosigned': {
      const { size, signedOn } = event.data;
      const where = signedOn === 'off-host' ? 'off-host' : 'on this workstation';
      return { title: 'Head cosigned', detail: `${size} entries, ${where}` };
    }
    case 'receipt.given':
      return { title: 'Receipt given', detail: `${event.data.size} entries` };
    case 'receipt.presented':
      return { title: 'Earlier receipt shown', detail: `${event.data.size} entries. The ledger begins with them.` };
    case 'receipt.skipped':
      return { title: 'No earlier receipt shown', detail: disclosed['reason'] ?? '' };
    case 'evidence.exported':
      return { title: 'Bundle exported', detail: event.data.bundle.slice(0, 8) };
    case 'ceremony.closed':
      return {
        title: event.data.outcome === 'completed' ? 'Ceremony closed' : 'Ceremony stopped',
        detail: disclosed['reason'] ?? '',
      };
  }
}
