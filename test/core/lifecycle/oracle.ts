/**
 * An oracle for lifecycle profiles that knows the published tables and nothing of the product: it imports nothing from
 * core. What the tables say in words about halves and kinds of key is read out of their conditions column.
 */
import { readFileSync } from 'node:fs';

export interface Row {
  readonly from: string;
  readonly to: string;
  readonly allowed: string;
  readonly conditions: string;
  readonly source: string;
}

/** RFC 4180 as far as these files use it: quotes around a field that has a comma. */
export function parseCsv(text: string): Row[] {
  const [head, ...lines] = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (head !== 'from,to,allowed,conditions,source') throw new Error(`another table: ${head}`);
  return lines.map((line) => {
    const fields = [...line.matchAll(/(?:^|,)(?:"([^"]*)"|([^,]*))/g)].map((match) => match[1] ?? match[2] ?? '');
    if (fields.length !== 5) throw new Error(`not five fields: ${line}`);
    const [from, to, allowed, conditions, source] = fields as [string, string, string, string, string];
    return { from: ours(from), to: ours(to), allowed, conditions, source };
  });
}

/** The one state whose published name is another than the ledger's. */
const ours = (state: string): string => (state === 'pre-activation' ? 'pre-active' : state);

const table = (file: string): Row[] => parseCsv(readFileSync(new URL(file, import.meta.url), 'utf8'));

const nist = table('nist-sp800-57.csv');

/** Profile id and its rows. */
export const TABLES: Readonly<Record<string, readonly Row[]>> = {
  'nist-sp800-57@r5': nist,
  'nist-sp800-57@r6ipd': nist.filter(
    ({ from, to, conditions }) => !conditions.includes('r5 only') && from !== 'deactivated' && to !== 'deactivated',
  ),
  'ibm-uko': table('ibm-uko.csv'),
  'securosys-dke': table('securosys-dke.csv'),
};

const SIGNING = ['private-signature', 'private-authentication'];

export class Oracle {
  constructor(private readonly rows: readonly Row[]) {}

  get states(): string[] {
    return [...new Set(this.rows.flatMap(({ from, to }) => [from, to]))].filter((state) => state !== 'none');
  }

  /** Whether one object of a kind may take this way. */
  edge(type: string, from: string, to: string): boolean {
    const row = this.rows.find((one) => one.from === from && one.to === to);
    if (row?.allowed !== 'yes') return false;
    // The standard says "never enter deactivated", so one row that bars signing keys bars them on every way there.
    const into = this.rows.filter((one) => one.to === to).map(({ conditions }) => conditions);
    if (SIGNING.includes(type) && into.some((words) => words.includes('not private sign/auth keys'))) return false;
    if (type === 'ephemeral-agreement' && row.conditions.includes('non-ephemeral')) return false;
    return !(type === 'random-bit-generation' && row.conditions.includes('not RBG'));
  }

  together(from: string, to: string): boolean {
    return this.rows.some((row) => row.from === from && row.to === to && row.conditions.includes('both halves'));
  }

  /** Whether the objects of one key may move so in one act. An object whose `to` is null stays. */
  act(objects: readonly { readonly type: string; readonly from: string; readonly to: string | null }[]): boolean {
    for (const one of objects) {
      if (one.to === null) continue;
      if (!this.edge(one.type, one.from, one.to)) return false;
      if (!this.together(one.from, one.to)) continue;
      for (const other of objects) {
        const couldCome = this.edge(other.type, other.from, one.to);
        if (couldCome && other.to !== one.to) return false;
      }
    }
    return true;
  }
}
