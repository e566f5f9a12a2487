/**
 * NIST SP 800-57 Part 1: Revision 5, section 7, and the initial public draft of Revision 6, which has no deactivated
 * state. Two profiles, because a key keeps the table under which it was made.
 */
import type { Profile, Source, StateRow, TransitionRow } from '../profile.ts';

const read = (...from: string[]): Source => ({ from, basis: 'read' });
const INFERRED: Source = { from: [], basis: 'inferred' };

const SOURCES = {
  S1: 'NIST SP 800-57 Part 1 Rev. 6, initial public draft, December 2025',
  S2: 'NIST SP 800-57 Part 1 Rev. 4, January 2016, section 7',
  S3: 'NIST SP 800-57 Part 1 Rev. 5, May 2020, section 7, as quoted',
} as const;

const state = (id: string, name: string, row: Omit<StateRow, 'state' | 'name' | 'object'>): StateRow => ({
  state: id,
  name,
  object: id === 'destroyed' ? 'absent' : 'present',
  ...row,
});

const DEACTIVATED: StateRow = state('deactivated', 'Deactivated', {
  protect: 'no',
  process: 'yes',
  words: 'The key protects nothing new. What it protected before may still be processed.',
  source: read('S3'),
});

const STATES: readonly StateRow[] = [
  state('pre-active', 'Pre-active', {
    published: 'pre-activation',
    protect: 'no',
    process: 'no',
    words: 'The key was made and may not be used, except to prove who holds it.',
    source: read('S1', 'S2'),
  }),
  state('active', 'Active', {
    protect: 'yes',
    process: 'yes',
    words: 'The key may do what it was made for.',
    source: read('S1', 'S2', 'S3'),
  }),
  state('suspended', 'Suspended', {
    protect: 'no',
    process: 'conditional',
    words: 'The key is not used for a while. Only what was protected before the suspension may be processed.',
    source: read('S1', 'S2'),
  }),
  DEACTIVATED,
  state('compromised', 'Compromised', {
    protect: 'no',
    process: 'conditional',
    words:
      'Someone else may know the key, or may have used it. It is used only under highly controlled conditions, by people who know this.',
    source: read('S1', 'S3'),
  }),
  state('destroyed', 'Destroyed', {
    protect: 'no',
    process: 'no',
    words: 'The key is not there any more. What is known about it is kept.',
    source: read('S1', 'S3'),
  }),
];

const yes = (
  from: string,
  to: string,
  conditions: string,
  source: Source,
  more: Pick<TransitionRow, 'halves' | 'never' | 'warning'> = {},
): TransitionRow => ({ from, to, allowed: 'yes', conditions, source, ...more });

const TOGETHER = { halves: 'together' } as const;
const GONE = {
  warning: 'A destroyed key cannot be brought back. What only it can sign or decrypt is out of reach for good.',
};
const LOST_TRUST = {
  halves: 'together',
  warning: 'A key that was reported compromised is never used again. The report itself cannot be taken back.',
} as const;
const NO_MORE_PROTECTION = { warning: 'A deactivated key never becomes active again.' };

/** Private signature and private authentication keys are destroyed from active; they never enter deactivated. */
const SIGNING = ['private-signature', 'private-authentication'] as const;

/** Rows that both revisions have. */
const COMMON: readonly TransitionRow[] = [
  yes('none', 'pre-active', 'On generation. It is recorded.', read('S1', 'S2')),
  yes('pre-active', 'active', 'On a date or an event; the cryptoperiod begins.', read('S1', 'S2'), {
    warning: 'A key that was active never becomes pre-active again.',
  }),
  yes(
    'pre-active',
    'compromised',
    'Integrity or confidentiality is suspect. Give notice.',
    read('S1', 'S2'),
    LOST_TRUST,
  ),
  yes('pre-active', 'destroyed', 'Never needed.', read('S1', 'S2'), { ...TOGETHER, ...GONE }),
  yes('active', 'suspended', 'A reason is required.', read('S1'), {
    ...TOGETHER,
    never: ['ephemeral-agreement', 'random-bit-generation'],
  }),
  yes('active', 'compromised', 'Suspect. Revoke and give notice.', read('S1'), LOST_TRUST),
  yes(
    'active',
    'destroyed',
    'The cryptoperiod ended, or the key is not needed. Mandatory at its end for private signature and authentication keys.',
    read('S1', 'S2'),
    GONE,
  ),
  yes('suspended', 'active', 'The reason for suspension is gone.', read('S1', 'S2')),
  yes('suspended', 'compromised', 'Suspect. Revoke and give notice.', read('S1', 'S2'), LOST_TRUST),
  yes(
    'suspended',
    'destroyed',
    'No compromise; the cryptoperiod ended, or the key is not needed.',
    read('S1', 'S2'),
    GONE,
  ),
  yes('compromised', 'destroyed', 'At once for private signature keys.', read('S1'), GONE),
  {
    from: 'destroyed',
    to: 'destroyed',
    allowed: 'annotate',
    conditions: 'A compromise found later is recorded. The state stays.',
    source: read('S1', 'S3'),
  },
  {
    from: 'compromised',
    to: 'active',
    allowed: 'no',
    conditions: 'Phases never go backwards.',
    source: read('S1'),
  },
];

/** Rows of Revision 5 and before. */
const DEACTIVATION: readonly TransitionRow[] = [
  yes('active', 'deactivated', 'The cryptoperiod ended.', read('S2'), { never: SIGNING, ...NO_MORE_PROTECTION }),
  yes('suspended', 'deactivated', 'No compromise; originator use ended.', read('S2'), {
    never: SIGNING,
    ...NO_MORE_PROTECTION,
  }),
  yes('deactivated', 'compromised', 'Suspect. Revoke and give notice.', INFERRED, { warning: LOST_TRUST.warning }),
  yes('deactivated', 'destroyed', 'No longer needed.', INFERRED, GONE),
  {
    from: 'deactivated',
    to: 'active',
    allowed: 'no',
    conditions: 'The standard has no reactivation.',
    source: INFERRED,
  },
];

const COMMON_PARTS = {
  deletion: {
    hold: false,
    record: 'kept',
    words: 'The key is destroyed from any state. What is known about it is kept.',
    source: read('S1', 'S3'),
  },
  switches: [],
  sources: SOURCES,
} as const satisfies Partial<Profile>;

export const NIST_R5: Profile = {
  id: 'nist-sp800-57@r5',
  title: 'NIST SP 800-57 Part 1 Rev. 5',
  words:
    'The published standard: a key can be suspended and resumed, and at the end of its use it is deactivated, or destroyed where it is a private signature key.',
  states: STATES,
  transitions: [...COMMON, ...DEACTIVATION],
  ...COMMON_PARTS,
};

export const NIST_R6_DRAFT: Profile = {
  id: 'nist-sp800-57@r6ipd',
  title: 'NIST SP 800-57 Part 1 Rev. 6, initial public draft',
  words:
    'The draft of the next revision, which may still change and has no deactivated state: a key that is not needed any more is destroyed.',
  states: STATES.filter((row) => row !== DEACTIVATED),
  transitions: COMMON,
  ...COMMON_PARTS,
};
