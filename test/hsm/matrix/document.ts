/** `docs/lifecycle-matrix.md` from what was measured. */
import type { NotEnforced } from '../by-procedure.ts';
import { isForPeople, isNever } from './oracle.ts';
import type { Cell } from './walk.ts';

const cell = ({ profile, type, state, operation, answer }: Cell): string => {
  if (answer === 'CKR_OK') return 'works';
  if (answer === 'no object') return answer;
  const words = answer === 'CKR_KEY_FUNCTION_NOT_PERMITTED' ? 'refused' : answer;
  return isForPeople(profile, type, state, operation) ? `${words}, people decide` : words;
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const unique = <T>(list: readonly T[]): T[] => [...new Set(list)];

/** One type of key: a row for each state, profiles with the same answers together. */
function ofType(type: string, cells: readonly Cell[]): string {
  const operations = unique(cells.map(({ operation }) => operation));
  const rows = new Map<string, { state: string; answers: string[]; profiles: string[] }>();
  for (const place of unique(cells.map(({ profile, state }) => `${state}\n${profile}`))) {
    const [state, profile] = place.split('\n') as [string, string];
    if (isNever(profile, type, state)) continue;
    const here = cells.filter((one) => one.state === state && one.profile === profile);
    // Keys of several algorithms: all that can be asked gave the same answer, or the test has failed before.
    const answers = operations.map((operation) => cell(here.find((one) => one.operation === operation)!));
    const key = `${state} ${answers.join()}`;
    const row = rows.get(key) ?? { state, answers, profiles: [] };
    row.profiles.push(`\`${profile}\``);
    rows.set(key, row);
  }
  const order = (state: string): number => ORDER.findIndex((name) => name === state);
  const sorted = [...rows.values()].sort((a, b) => order(a.state) - order(b.state));
  const mechanisms = unique(cells.map(({ mechanism }) => mechanism)).join(', ');
  return [
    `### ${type}`,
    `Asked of: ${mechanisms}.`,
    table(
      ['State', ...operations, 'Profiles'],
      sorted.map(({ state, answers, profiles }) => [state, ...answers, profiles.join(', ')]),
    ),
  ].join('\n\n');
}

const ORDER = [
  'pre-active',
  'active',
  'active, not enabled',
  'suspended',
  'deactivated',
  'compromised',
  'pending-destruction',
  'destroyed',
  'removed',
  'deleted',
];

export function matrixDocument(cells: readonly Cell[], notEnforced: readonly NotEnforced[]): string {
  const types = unique(cells.map(({ type }) => type));
  return `${[
    '# Lifecycle matrix',
    'Made by `test/hsm/matrix.test.ts` from what SoftHSM answered, and compared with it at every run of the tests, which print the version that was asked. To write it anew: `CONCLAVE_WRITE_MATRIX=1 npx vitest run --project rooms test/hsm/matrix.test.ts`.',
    'Each key was made on the token by its template, taken through every state of every profile by the usage attributes that the state demands, and asked in each to do all that its algorithm can do. **refused** is CKR_KEY_FUNCTION_NOT_PERMITTED (0x68), **no object** is that no object with this CKA_ID is found. **people decide**: the profile allows it under conditions that no token can check, so the token refuses it. A state that a profile does not let this type of key come into has no row.',
    'It shows what this token does with keys that Conclave makes. It does not show what another token does: a vault finds that out for itself with a throw-away key. SoftHSM is a software token, for tests and rehearsals only. One size of each algorithm was asked; `test/hsm/use.test.ts` asks the others when they are pre-active and active.',
    '## Enforced by the token',
    ...types.map((type) =>
      ofType(
        type,
        cells.filter((one) => one.type === type),
      ),
    ),
    '## Not enforced: by procedure, not by the device',
    'Each was measured; the test of that name in `test/hsm/traps.test.ts` shows it and fails when the token answers otherwise.',
    table(
      ['What', 'The token answered', 'What holds instead', 'Test'],
      notEnforced.map(({ what, answers, instead, test }) => [what, answers.join('<br>'), instead, test]),
    ),
  ].join('\n\n')}\n`;
}
