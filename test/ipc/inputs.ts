/** One input of every method that is right, written by hand so that a loosened schema does not loosen the tests. */
import type { Input, Method } from '../../contract/schema.ts';

const secret = () => new TextEncoder().encode('correct horse battery staple');
const token = { label: 'vault', serial: '0123456789abcdef' };

/** Made anew for every call, since a call zeroes its secrets. */
export const rightInputs: { readonly [M in Method]: () => Input<M> } = {
  'app.snapshot': () => ({}),
  'notice.dismiss': () => ({ id: 'air-gap' }),
  'setup.inspectModule': () => ({ library: '/usr/lib/softhsm/libsofthsm2.so' }),
  'setup.browseModule': () => ({}),
  'setup.chooseRehearsal': () => ({}),
  'setup.chooseToken': () => ({ library: '/usr/lib/vendor.so', token, root: { ...token, label: 'root' } }),
  'setup.enrol': () => ({ role: 'custodian', name: 'Ada Lovelace', passphrase: secret() }),
  'setup.removePerson': () => ({ person: 'custodian-1' }),
  'setup.setLedger': () => ({ vaultName: 'Root keys', required: 2 }),
  'setup.goTo': () => ({ step: 'people' }),
  'setup.discardUnfinished': () => ({}),
  'setup.seal': () => ({ userPin: secret(), rootUserPin: secret() }),
  'plan.freeze': () => ({
    label: 'root-2026',
    mechanism: 'ec-p384',
    initialState: 'pre-active',
    recoveryReason: 'None is kept.',
  }),
  'ceremony.confirm': () => ({ step: 'attend', confirmed: ['custodian-1', 'witness-1'] }),
  'ceremony.challenge': () => ({ step: 'approve', custodian: 'custodian-1' }),
  'ceremony.approve': () => ({
    step: 'approve',
    custodian: 'custodian-1',
    rows: ['A', 'B', 'C', 'D'],
    typed: ['1234 5678', 'abcd ef01'],
    passphrase: secret(),
  }),
  'ceremony.decline': () => ({
    step: 'approve',
    custodian: 'custodian-1',
    reason: 'The label is wrong.',
    passphrase: secret(),
  }),
  'ceremony.login': () => ({ step: 'login', pin: secret() }),
  'ceremony.recover': () => ({ pin: secret() }),
  'ceremony.act': () => ({ step: 'generate' }),
  'ceremony.logout': () => ({ step: 'logout' }),
  'ceremony.export': () => ({ step: 'export' }),
  'ceremony.recordException': () => ({ step: 'attend', note: 'The door was opened.' }),
  'ceremony.stop': () => ({ reason: 'A custodian had to leave.' }),
  'hsm.abort': () => ({}),
  'ledger.stopCheck': () => ({}),
  'ledger.checkAgain': () => ({}),
  'ledger.page': () => ({ before: 12, limit: 50, text: 'key' }),
  'ledger.export': () => ({}),
  'ledger.verify': () => ({}),
  'ledger.stopVerify': () => ({}),
  'clock.read': () => ({
    reading: '2026-04-22T09:30:00Z',
    uncertainty: 2,
    source: 'Radio clock on the wall',
    reader: 'administrator-1',
    witness: 'witness-1',
  }),
  'ledger.proof': () => ({ seq: 3 }),
  'evidence.list': () => ({}),
  'evidence.verify': () => ({ name: 'root-2026.zip' }),
  'evidence.browse': () => ({}),
  'print.genesis': () => ({}),
  'print.plan': () => ({}),
};
