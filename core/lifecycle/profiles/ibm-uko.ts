/**
 * IBM Unified Key Orchestrator: managed keys, by its page on key states and its lifecycle diagram. It has no compromised
 * and no suspended state; its dates are for planning only, and every transition is made by a person.
 */
import type { Profile, Source, StateRow, TransitionRow } from '../profile.ts';

const READ: Source = { from: ['S12'], basis: 'read' };
const INFERRED: Source = { from: [], basis: 'inferred' };

const unused = (state: string, name: string, integer: number | undefined, words: string, source = READ): StateRow => ({
  state,
  name,
  ...(integer === undefined ? {} : { integer }),
  protect: 'no',
  process: 'no',
  object: state === 'destroyed' || state === 'removed' ? 'absent' : 'present',
  words,
  source,
});

const row = (from: string, to: string, allowed: 'yes' | 'no', conditions: string, warning?: string): TransitionRow => ({
  from,
  to,
  allowed,
  conditions,
  source: READ,
  ...(warning === undefined ? {} : { warning }),
});

export const IBM_UKO: Profile = {
  id: 'ibm-uko',
  title: 'IBM Unified Key Orchestrator',
  words:
    'A deactivated key can be made active again and waits out a hold before it is destroyed; there is no suspension, and no state for a compromise.',
  states: [
    unused('pre-active', 'Pre-active', 0, 'The key was made and may not be used.'),
    {
      state: 'active',
      name: 'Active',
      integer: 1,
      protect: 'yes',
      process: 'yes',
      object: 'present',
      words: 'The key may do what it was made for.',
      source: READ,
    },
    // The pages say that keystores are unlinked, and nothing of what the key may still process.
    unused(
      'deactivated',
      'Deactivated',
      3,
      'The key is taken out of its keystores. It can be made active again.',
      INFERRED,
    ),
    unused(
      'pending-destruction',
      'Pending destruction',
      undefined,
      'The key waits for its destruction, which cannot be called off.',
    ),
    unused('destroyed', 'Destroyed', 5, 'The key material is gone. What is known about the key is kept.'),
    unused(
      'removed',
      'Removed',
      undefined,
      'The key is not listed any more, and what was known about it is gone from the vault.',
    ),
  ],
  transitions: [
    row('none', 'pre-active', 'yes', 'On creation.'),
    row('none', 'active', 'yes', 'On creation as an active key.'),
    row('pre-active', 'active', 'yes', 'By hand.', 'A key that was active never becomes pre-active again.'),
    row(
      'pre-active',
      'destroyed',
      'yes',
      'By hand, with no waiting time.',
      'A destroyed key cannot be brought back. No waiting time stands before it.',
    ),
    row('active', 'active', 'yes', 'Rotation to a new version, at most once in an hour.'),
    row('active', 'deactivated', 'yes', 'By hand, after confirming what depends on the key. Keystores are unlinked.'),
    row('deactivated', 'active', 'yes', 'Reactivation, by hand.'),
    row(
      'deactivated',
      'pending-destruction',
      'yes',
      'By hand.',
      'The destruction that now begins to wait cannot be called off.',
    ),
    row(
      'pending-destruction',
      'destroyed',
      'yes',
      'After the waiting time of the keystore.',
      'A destroyed key cannot be brought back. What only it can sign or decrypt is out of reach for good.',
    ),
    row(
      'pending-destruction',
      'deactivated',
      'no',
      'It cannot be called off here; outside, it leaves both out of sync.',
    ),
    row(
      'destroyed',
      'removed',
      'yes',
      'Removal from the vault, with what was known about the key.',
      'The vault forgets the key. The ledger does not.',
    ),
    row('active', 'destroyed', 'no', 'Deactivate it first.'),
    row('destroyed', 'active', 'no', 'It cannot be restored.'),
  ],
  deletion: {
    hold: true,
    record: 'removable',
    words:
      'Destroyed from pre-active at once, from deactivated after a waiting time. A destroyed key can be removed from the vault; the ledger keeps its history.',
    source: READ,
  },
  switches: [],
  sources: {
    S12: 'IBM Cloud documentation, hs-crypto: key states, deletion and rotation of managed keys, and its lifecycle diagram',
  },
};
