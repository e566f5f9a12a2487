/** Faults in a bundle about a change of state: in its earlier entries, and in what it says was changed. */
import { edit, restate, type Edit } from './edit.ts';
import type { Files } from './zip.ts';

interface Event {
  readonly seq: number;
  readonly type: string;
}

interface Statement {
  readonly predicate: {
    readonly change?: { readonly acts: readonly { readonly gone: readonly string[] }[] };
    readonly log: { readonly events: readonly Event[] };
  };
}

const statementOf = (files: Files): Statement => JSON.parse(files.get('statement.json')!.toString()) as Statement;

/** Entries that the statement names from before the first of the range. */
function earlierOf(files: Files): readonly number[] {
  const [line] = files.get('log/range.jsonl')!.toString().split('\n');
  const { seq: first } = JSON.parse(line!) as Event;
  return statementOf(files)
    .predicate.log.events.map(({ seq }) => seq)
    .filter((seq) => seq < first);
}

const filesOf = (seq: number): readonly string[] => [`log/${seq}.entry.json`, `log/${seq}.tlog-proof`];

/** The first of two texts replaced by the second, wherever in the statement it stands first. */
const said = (before: string, after: string): Edit => {
  return (files) => restate(files, (text) => text.replace(before, after));
};

export function changeEdits(
  files: Files,
  other: Files,
): readonly (readonly [string, readonly string[], Edit, boolean?])[] {
  const { change } = statementOf(files).predicate;
  if (!change) return [];
  const earlier = earlierOf(files);
  const last = earlier.slice(-2);
  const [a, b] = earlier as [number, number];
  const foreign = statementOf(other).predicate.change ? earlierOf(other)[0] : undefined;
  const gone = change.acts.some((act) => act.gone.length > 0);
  return [
    [
      'the state before edited',
      ['statement.signature', 'lifecycle.change'],
      (f) => restate(f, (t) => t.replace(/"before":"[a-z]+"/, '"before":"pre-active"')),
      true,
    ],
    [
      'the state after edited',
      ['statement.signature', 'lifecycle.change'],
      (f) => restate(f, (t) => t.replace(/"after":"[a-z]+"/, '"after":"pre-active"')),
      true,
    ],
    [
      'the final state edited',
      ['statement.signature', 'lifecycle.state'],
      (f) => restate(f, (t) => t.replace(/"publicState":"[a-z]+"/, '"publicState":"pre-active"')),
      true,
    ],
    ['the reason edited', ['statement.signature', 'lifecycle.change'], said('"reason":"', '"reason":"Not '), true],
    [
      'who enforces the state edited',
      ['statement.signature', 'lifecycle.enforced'],
      (f) =>
        restate(f, (t) =>
          t.replace(/"enforced":"(\w+)"/, (_, by) => `"enforced":"${by === 'device' ? 'procedure' : 'device'}"`),
        ),
      true,
    ],
    [
      'an object said to be gone, or to be there',
      ['statement.signature', 'lifecycle.enforced'],
      (f) => restate(f, (t) => t.replace(/"gone":\[[^\]]*\]/, gone ? '"gone":[]' : '"gone":["public"]')),
      true,
    ],
    [
      'an entry of the act edited in the range',
      ['ledger.range', 'lifecycle.enforced'],
      (f) => edit(f, 'log/range.jsonl', (t) => t.replace(/"enforced":"device"/, '"enforced":"procedure"')),
      true,
    ],
    [
      'the last earlier act left out with its proofs',
      ['container.files', 'ledger.proofs', 'lifecycle.history'],
      (f) => last.flatMap(filesOf).forEach((name) => f.delete(name)),
      true,
    ],
    [
      'the last earlier act left out, and not named any more',
      ['statement.signature', 'lifecycle.state'],
      (f) => {
        last.flatMap(filesOf).forEach((name) => f.delete(name));
        restate(f, (t) =>
          last.reduce((text, seq) => text.replace(new RegExp(`\\{[^{}]*"seq":${seq},[^{}]*\\},`), ''), t),
        );
      },
      true,
    ],
    [
      'the first two earlier entries exchanged',
      ['ledger.proofs', 'lifecycle.history'],
      (f) => {
        const [one, two] = [f.get(`log/${a}.entry.json`)!, f.get(`log/${b}.entry.json`)!];
        f.set(`log/${a}.entry.json`, two).set(`log/${b}.entry.json`, one);
      },
      true,
    ],
    [
      'the label in the first earlier entry edited',
      ['ledger.proofs', 'lifecycle.history'],
      (f) => edit(f, `log/${a}.entry.json`, (t) => t.replace(/"label":"([^"]*)"/, '"label":"$1x"')),
      true,
    ],
    ...(foreign === undefined
      ? []
      : [
          [
            'the making of another key in place of this one',
            ['ledger.proofs', 'lifecycle.history'],
            (f: Files) => f.set(`log/${a}.entry.json`, other.get(`log/${foreign}.entry.json`)!),
            true,
          ] as const,
        ]),
  ];
}
