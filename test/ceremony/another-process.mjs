/**
 * Another program with the PIN, that changes one attribute of one object on a token. It shares no code with the
 * application but the binding, and OpenSC's pkcs11-tool has no command for this.
 *
 * Usage: node another-process.mjs LIBRARY TOKEN-LABEL PIN CLASS CKA_ID ATTRIBUTE VALUE, all numbers in hex, the value
 * in hex bytes.
 */
import pkcs11 from 'pkcs11js';

const [library, label, pin, objectClass, id, attribute, value] = process.argv.slice(2);
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
