import type { FirstRunView } from '../../../../renderer/screens/first-run/view.ts';

export const firstRun: FirstRunView = {
  step: { number: 1, of: 4, name: 'HSM', then: ['People', 'Ledger', 'Seal'] },
  writesAt: 4,
  modules: [
    { id: 'n4', name: 'Northgate N4', path: '/opt/northgate/lib/libn4-pkcs11.so', tokens: 1, note: 'ALDERMOOR-CS-A' },
    { id: 'k2', name: 'Halden K2', path: '/opt/halden/k2/libk2p11.so', tokens: 0, note: 'Is the HSM switched on?' },
    {
      id: 'sc',
      name: 'OpenSC smart cards',
      path: '/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so',
      tokens: 0,
      note: 'No card in the reader',
    },
  ],
  rehearsal: { id: 'rehearsal' },
  chosen: 'n4',
  detail: {
    name: 'Northgate N4',
    moduleVersion: '2.12, Cryptoki 2.40',
    sha256: 'f8a34ca764e454ea3c8b9b307d65258f8bfb43fbf61de291310a19463831997b',
    slots: [
      {
        id: '0',
        token: {
          label: 'ALDERMOOR-CS-A',
          serial: '7A20-4471',
          manufacturer: 'Northgate',
          model: 'N4 rev. C',
          firmware: '4.1',
          flags: [],
          pin: 'normal',
          mechanisms: ['CKM_EC_KEY_PAIR_GEN', 'CKM_ECDSA', 'CKM_RSA_PKCS_KEY_PAIR_GEN', 'CKM_RSA_PKCS_PSS'],
        },
      },
    ],
    abilities: [
      { kind: 'generate', algorithms: ['P-256', 'P-384', 'RSA-3072'] },
      { kind: 'keep-private' },
      { kind: 'checkpoints', algorithm: 'ECDSA P-256' },
      { kind: 'no-attestation' },
    ],
  },
};
