import { planOptions } from './samples/plan.ts';
import { METHODS, type Method } from '../../../contract/methods.ts';
import type { Bridge } from '../../../contract/schema.ts';
import type { EntryView } from '../../../contract/ledger-views.ts';
import type { KeyDetailView, KeyPageView } from '../../../contract/key-views.ts';
import type { AppView } from '../../../contract/views.ts';
import { stateName } from '../../../core/lifecycle/profile.ts';
import { NIST_R5 } from '../../../core/lifecycle/profiles/nist-sp800-57.ts';
import { refuse } from '../../../core/rules.ts';
import { fail, ok, type Failure } from '../../../core/result.ts';
import { details, people, sealed } from './samples/app.ts';
import { modules } from './samples/modules.ts';

type Given = Readonly<Record<string, unknown>>;

/** What a ledger that is being checked has to show so far. */
const checked: readonly EntryView[] = [2, 1, 0].map((seq) => ({
  seq,
  time: `2026-03-18T08:14:5${seq}.000Z`,
  title: 'Workstation started',
  detail: 'Version 0.1.0',
  by: 'WS',
  hash: `${seq}`.repeat(64),
  type: 'workstation.started',
  ceremony: null,
  sealed: false,
  leaf: '{}',
  disclosed: [],
}));

/** The samples are few: all of them are one page. */
const pageOf = (all: readonly KeyDetailView[], find: string | undefined): KeyPageView => ({
  rows: all.map(({ key, label, mechanism, privateState, created, ceremony, periods, due }) => ({
    key,
    label,
    mechanism,
    state: privateState,
    created,
    ceremony,
    periods,
    ended: privateState === 'active' ? null : '2026-04-02',
    due: due[0]?.rule ?? null,
    dueOn: due[0]?.end ?? null,
    drift: null,
  })),
  total: all.length,
  at: find === undefined ? null : all.findIndex(({ key }) => key === find),
  states: all.map(({ privateState }) => ({ state: privateState, name: nameOf(privateState), count: 1 })),
  dueCount: all.filter(({ due }) => due.length > 0).length,
  driftCount: 0,
  years: { from: 2026, to: 2029 },
});
const nameOf = (state: string): string => stateName(NIST_R5, state);

/**
 * Stands where the preload script puts its bridge, for looking at screens without the privileged side. It notes every
 * call with its words and moves the set-up on; it decides nothing. Secrets are noted by their length alone.
 */
export function galleryBridge(first: AppView, note: (call: string) => void, failing: string | null): Bridge {
  let app = first;
  const listeners = new Set<(app: AppView) => void>();
  const change = (next: AppView) => {
    app = next;
    for (const listener of listeners) listener(app);
    return ok(app);
  };
  const setup = (part: Partial<AppView['setup']>) => change({ ...app, setup: { ...app.setup, ...part } });
  const digits = (text: string) => new TextEncoder().encode(text);

  const answers: Partial<Record<Method, (given: Given) => unknown>> = {
    'setup.chooseRehearsal': () => setup({ choice: { kind: 'rehearsal' } }),
    'setup.inspectModule': ({ library }) => {
      const found = modules.find((one) => one.library === library) ?? modules[0]!;
      setup({ modules: [found] });
      return ok(found);
    },
    'setup.goTo': ({ step }) => setup({ step: step as AppView['setup']['step'], missing: [] }),
    'setup.enrol': ({ name }) => {
      const added = people.find((one) => one.name === name) ?? people[4];
      return setup({ people: added ? [...app.setup.people, added] : [] });
    },
    'setup.removePerson': ({ person }) => setup({ people: app.setup.people.filter((one) => one.person !== person) }),
    'setup.discardUnfinished': () => setup({ unfinished: false, step: 'hsm' }),
    'setup.browseModule': () => ok(null),
    'setup.seal': () => {
      change(sealed);
      const pins = { userPin: digits('705552483951'), soPin: digits('782477803599') };
      return ok({ app, pins: { ...pins, rootUserPin: digits('719170545099'), rootSoPin: digits('454002192847') } });
    },
    'keys.page': ({ find }) => ok(pageOf(details(app), find as string | undefined)),
    'keys.detail': ({ key }) => {
      const found = details(app).find((one) => one.key === key);
      return found ? ok(found) : fail({ code: 'not-found', message: 'The ledger has no such key.' });
    },
    'keys.calendar': () => ok({ path: '/home/ceremony/conclave/exports/cryptoperiods-2026-03-18.ics' }),
    'plan.options': () => ok(planOptions),
    'ledger.page': () => ok({ entries: checked, total: checked.length }),
    'ledger.stopCheck': () => change({ ...app, opening: app.opening && { ...app.opening, stopped: true } }),
    'ledger.checkAgain': () => change({ ...app, opening: { done: 0, total: 0, stopped: false } }),
    'continuity.end': () => ok({ app, path: '/home/ceremony/conclave/exports/continuity-retired.pdf' }),
    'continuity.lookAtCopy': () => ok({ size: 171, people }),
    'notice.dismiss': ({ id }) => change({ ...app, notices: app.notices.filter((one) => one.id !== id) }),
    'print.genesis': () => ok({ path: '/home/ceremony/conclave/exports/genesis-sheet.pdf' }),
    'print.plan': () => ok({ path: '/home/ceremony/conclave/exports/plan-CER-2026-014.pdf' }),
    'ledger.export': () => ok({ path: '/home/ceremony/conclave/exports/ledger-2026-03-18' }),
    'receipt.give': () =>
      ok({
        size: 180,
        text: '/home/ceremony/conclave/media/custodian-2-mei-sato/receipt-180.txt',
        code: '/home/ceremony/conclave/media/custodian-2-mei-sato/receipt-180.svg',
        sheet: '/home/ceremony/conclave/exports/receipt-custodian-2-180.pdf',
      }),
    'witness.request': () =>
      ok({ path: '/home/ceremony/conclave/media/witness-1-anneke-de-vries/witness-request-142-180.txt' }),
    'receipt.present': () =>
      ok({
        found: 'receipt-142.txt covers 142 entries. The root agrees and the log signed it.',
        proves: 'The ledger still begins with every entry that it had when the receipt was given.',
        doesNotProve: 'Anything about entries after the receipt.',
      }),
    'receipt.skip': () =>
      change({ ...app, cosign: app.cosign && { ...app.cosign, opening: 'skipped', required: false } }),
    'ceremony.recover': () =>
      change({ ...app, ceremony: app.ceremony && { ...app.ceremony, openIntent: null }, notices: [] }),
  };
  const words = (given: Given): string =>
    Object.values(given)
      .map((value) => (value instanceof Uint8Array ? `${value.length} bytes` : String(value)))
      .join(' ');
  const pin: Failure = { code: 'hsm', message: 'The PIN is wrong.', hint: 'Type it again.', call: 'C_Login' };
  const call =
    (method: Method) =>
    (given: Given): Promise<unknown> => {
      note(`${method} ${words(given)}`.trim());
      if (method === failing) return Promise.resolve(method === 'ceremony.recover' ? fail(pin) : refuse('PLAN-3'));
      return Promise.resolve((answers[method] ?? (() => ok(app)))(given));
    };
  return {
    ...Object.fromEntries(METHODS.map((method) => [method, call(method)])),
    onChanged: (listener: (app: AppView) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  } as unknown as Bridge;
}
