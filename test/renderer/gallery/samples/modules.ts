import type { ModuleView } from '../../../../contract/views.ts';

const slot = (id: string, label: string, serial: string): ModuleView['slots'][number] => ({
  slot: id,
  description: 'Partition',
  token: {
    label,
    serial,
    model: 'N4 rev. C',
    manufacturer: 'Northgate',
    hardware: '2.0',
    firmware: '4.1',
    flags: ['CKF_LOGIN_REQUIRED', 'CKF_TOKEN_INITIALIZED', 'CKF_USER_PIN_INITIALIZED'],
    initialized: true,
    mechanisms: ['CKM_EC_KEY_PAIR_GEN', 'CKM_ECDSA', 'CKM_RSA_PKCS_KEY_PAIR_GEN'],
    can: [
      { ok: true, text: 'Generate and sign: P-256, P-384, RSA 3072' },
      { ok: true, text: 'Sign ledger checkpoints: Ed25519, tried when the vault is made' },
      { ok: false, text: 'No attestation by the maker through PKCS#11. Reports will say so.' },
    ],
  },
  problem: null,
});

export const modules: readonly ModuleView[] = [
  {
    library: '/opt/northgate/lib/libn4-pkcs11.so',
    sha256: 'f8a34ca764e454ea3c8b9b307d65258f8bfb43fbf61de291310a19463831997b',
    manufacturer: 'Northgate',
    description: 'Northgate N4',
    version: '2.12',
    cryptoki: '2.40',
    software: false,
    slots: [slot('0', 'ALDERMOOR-CS-A', '7A20-4471'), slot('1', 'ALDERMOOR-ROOT', '7A20-4472')],
    problem: null,
  },
  {
    library: '/opt/halden/k2/libk2p11.so',
    sha256: '',
    manufacturer: '',
    description: '',
    version: '',
    cryptoki: '',
    software: false,
    slots: [],
    problem: {
      message: 'The library is not a PKCS#11 module: C_GetFunctionList is missing.',
      hint: 'Choose the maker’s PKCS#11 library.',
    },
  },
];
