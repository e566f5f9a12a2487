/**
 * Another program with the PIN, that changes one attribute of one object on a token. It shares no code with the
 * application but the binding; OpenSC's pkcs11-tool has no command for this.
 */
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

/** Runs on plain Node, so that it is another process to the library. Numbers are hex, the value is hex bytes. */
const SOURCE = `
const pkcs11 = require('pkcs11js');
const [library, label, pin, objectClass, id, attribute, value] = process.argv.slice(1);
const lib = new pkcs11.PKCS11();
lib.load(library);
lib.C_Initialize();
const slot = lib.C_GetSlotList(true).find((one) => lib.C_GetTokenInfo(one).label.trim() === label);
const session = lib.C_OpenSession(slot, pkcs11.CKF_SERIAL_SESSION | pkcs11.CKF_RW_SESSION);
lib.C_Login(session, pkcs11.CKU_USER, pin);
lib.C_FindObjectsInit(session, [
  { type: pkcs11.CKA_CLASS, value: Number.parseInt(objectClass, 16) },
  { type: pkcs11.CKA_ID, value: Buffer.from(id, 'hex') },
]);
const [object] = lib.C_FindObjects(session, 2);
lib.C_FindObjectsFinal(session);
lib.C_SetAttributeValue(session, object, [{ type: Number.parseInt(attribute, 16), value: Buffer.from(value, 'hex') }]);
lib.C_Logout(session);
lib.C_Finalize();
`;

export interface Alteration {
  readonly library: string;
  readonly label: string;
  readonly pin: string;
  readonly class: string;
  readonly id: string;
  readonly attribute: string;
  readonly value: string;
}

export function alterFromOutside(what: Alteration, env: Readonly<Record<string, string>>): void {
  const { library, label, pin, class: objectClass, id, attribute, value } = what;
  execFileSync(process.execPath, ['-e', SOURCE, library, label, pin, objectClass, id, attribute, value], {
    cwd: resolve(import.meta.dirname, '../..'),
    env: { ...process.env, ...env },
  });
}
