/**
 * Securosys365 DKE: keys for double key encryption. Deactivated and compromised are irreversible and the key stays in
 * the HSM; deletion is allowed from active and pre-active only. Its transition diagram was not read, so that edges which
 * the text does not name are unknown, and refused.
 */
import type { Profile, Source, StateRow, TransitionRow } from '../profile.ts';

const READ: Source = { from: ['DKE'], basis: 'read' };
const INFERRED: Source = { from: [], basis: 'inferred' };

const unused = (state: string, name: string, words: string, source = READ): StateRow => ({
  state,
  name,
  protect: 'no',
  process: 'no',
  object: state === 'deleted' ? 'absent' : 'present',
  words,
  source,
});

const row = (
  from: string,
  to: string,
  allowed: TransitionRow['allowed'],
  conditions: string,
  source: Source,
  warning?: string,
): TransitionRow => ({ from, to, allowed, conditions, source, ...(warning === undefined ? {} : { warning }) });

const DELETED = 'The key is removed from the HSM and cannot be brought back. Documents that only it opens stay closed.';

export const SECUROSYS_DKE: Profile = {
  id: 'securosys-dke',
  title: 'Securosys365 DKE',
  words:
    'For double key encryption: decryption can be switched off and on, deactivated and compromised are for good, and only an active or pre-active key can be deleted.',
  states: [
    unused('pre-active', 'Pre-active', 'The key was made and may not be used.'),
    {
      state: 'active',
      name: 'Active',
      protect: 'yes',
      process: 'yes',
      object: 'present',
      words: 'The key decrypts, while it is enabled.',
      source: READ,
    },
    // The text says that the state is for good, and not what the key may still do.
    unused('deactivated', 'Deactivated', 'The key is out of use for good. It stays in the HSM.', INFERRED),
    unused('compromised', 'Compromised', 'The key is not trusted any more. It stays in the HSM.', INFERRED),
    unused('deleted', 'Deleted', 'The key was removed from the HSM.'),
  ],
  transitions: [
    row('none', 'pre-active', 'yes', 'On creation: RSA 2048, usage decrypt, enabled.', READ),
    row('none', 'active', 'yes', 'On creation: RSA 2048, usage decrypt, enabled.', READ),
    row(
      'pre-active',
      'active',
      'yes',
      'The name of the state implies it.',
      INFERRED,
      'A key that was active never becomes pre-active again.',
    ),
    row('pre-active', 'deactivated', 'unknown', 'The published diagram was not read.', INFERRED),
    row(
      'pre-active',
      'compromised',
      'yes',
      'As in SP 800-57.',
      INFERRED,
      'A key that was reported compromised is never used again.',
    ),
    row('active', 'deactivated', 'yes', 'For good.', READ, 'A deactivated key never becomes active again.'),
    row('active', 'compromised', 'yes', 'For good.', READ, 'A key that was reported compromised is never used again.'),
    row('deactivated', 'compromised', 'unknown', 'The published diagram was not read.', INFERRED),
    row('pre-active', 'deleted', 'yes', 'Removed from the HSM.', READ, DELETED),
    row('active', 'deleted', 'yes', 'Removed from the HSM.', READ, DELETED),
    row('deactivated', 'active', 'no', 'It cannot be reactivated.', READ),
    row('compromised', 'active', 'no', 'It cannot be reactivated.', READ),
    row('deactivated', 'deleted', 'no', 'Deleted from active and pre-active only.', READ),
    row('compromised', 'deleted', 'no', 'Deleted from active and pre-active only.', READ),
  ],
  deletion: {
    hold: false,
    record: 'kept',
    words: 'Deleted from active and pre-active only. A deactivated or compromised key stays in the HSM.',
    source: READ,
  },
  keys: [{ purpose: 'decrypt', mechanisms: ['rsa-2048'] }],
  switches: [{ name: 'enabled', blocks: ['decrypt'], source: READ }],
  sources: { DKE: 'Securosys365 DKE documentation, operations, key management' },
};
