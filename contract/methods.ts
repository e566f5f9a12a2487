/**
 * The names of the methods and nothing else, so that the preload script needs no schema library. `schema.ts` says what
 * each takes and gives; a name that is here and not there, or there and not here, does not compile.
 */
export const METHODS = [
  'app.snapshot',
  'notice.dismiss',
  'setup.inspectModule',
  'setup.browseModule',
  'setup.chooseRehearsal',
  'setup.chooseToken',
  'setup.enrol',
  'setup.removePerson',
  'setup.setLedger',
  'setup.goTo',
  'setup.discardUnfinished',
  'setup.seal',
  'plan.freeze',
  'ceremony.confirm',
  'ceremony.challenge',
  'ceremony.approve',
  'ceremony.decline',
  'ceremony.login',
  'ceremony.recover',
  'ceremony.act',
  'ceremony.logout',
  'ceremony.export',
  'ceremony.recordException',
  'ceremony.stop',
  'hsm.abort',
  'ledger.stopCheck',
  'ledger.checkAgain',
  'ledger.page',
  'ledger.verify',
  'ledger.proof',
  'ledger.export',
  'evidence.list',
  'evidence.verify',
  'evidence.browse',
  'print.genesis',
  'print.plan',
] as const;

export type Method = (typeof METHODS)[number];
