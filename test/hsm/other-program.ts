/**
 * Another program on the same token, in a process that is not the HSM host's. It talks to the binding as it is, so that
 * tests can do what Conclave never does, and hear what the binding says.
 */
import type { Handle, Template } from 'pkcs11js';
import * as pkcs11js from 'pkcs11js';

import { ATTRIBUTES, type AttributeName } from '../../electron/hsm/attribute.ts';
import { rvName, rvOf } from '../../electron/hsm/host/rv.ts';
import type { TokenRef } from '../../electron/hsm/port.ts';
import type { Bench, Vault } from './host.ts';

const CLASSES = { 'private-key': 3, 'public-key': 2, 'secret-key': 4 } as const;
export type KeyClass = keyof typeof CLASSES;

type Values = Partial<Record<AttributeName, boolean | number | Uint8Array>>;

const templateOf = (values: Values): Template =>
  Object.entries(values).map(([name, value]) => ({
    type: ATTRIBUTES[name as AttributeName].type,
    value: value instanceof Uint8Array ? Buffer.from(value) : value,
  }));

const CKM_ECDSA = 0x1041;
/** SERIAL_SESSION and RW_SESSION. */
const READ_WRITE = 6;

export class OtherProgram {
  readonly #lib = new pkcs11js.PKCS11();
  readonly #slot: Handle;
  session: Handle;

  constructor(b: Bench, token: TokenRef) {
    process.env['SOFTHSM2_CONF'] = b.request.env?.SOFTHSM2_CONF;
    this.#lib.load(b.request.library);
    this.#lib.C_Initialize({ flags: 2 });
    const slot = this.#lib.C_GetSlotList(true).find((id) => {
      const { serialNumber } = this.#lib.C_GetTokenInfo(id);
      return serialNumber.trim() === token.serial;
    });
    if (!slot) throw new Error('the other program does not see the token');
    this.#slot = slot;
    this.session = this.open();
  }

  open(): Handle {
    return this.#lib.C_OpenSession(this.#slot, READ_WRITE);
  }

  close(session: Handle): void {
    this.#lib.C_CloseSession(session);
  }

  login({ userPin }: Vault): void {
    this.#lib.C_Login(this.session, 1, new TextDecoder().decode(userPin));
  }

  logout(): void {
    this.#lib.C_Logout(this.session);
  }

  end(): void {
    this.#lib.C_Finalize();
  }

  find(ckaId: Uint8Array, keyClass: KeyClass): Handle | undefined {
    this.#lib.C_FindObjectsInit(this.session, templateOf({ CKA_CLASS: CLASSES[keyClass], CKA_ID: ckaId }));
    const [found] = this.#lib.C_FindObjects(this.session, 2);
    this.#lib.C_FindObjectsFinal(this.session);
    return found;
  }

  /** The one that must be there. */
  one(ckaId: Uint8Array, keyClass: KeyClass): Handle {
    const found = this.find(ckaId, keyClass);
    if (!found) throw new Error('there is no such object');
    return found;
  }

  set(key: Handle, values: Values): void {
    this.#lib.C_SetAttributeValue(this.session, key, templateOf(values));
  }

  read(key: Handle, name: AttributeName): Buffer {
    const [answer] = this.#lib.C_GetAttributeValue(this.session, key, [{ type: ATTRIBUTES[name].type }]);
    return answer!.value;
  }

  is(key: Handle, name: AttributeName): boolean {
    return this.read(key, name)[0] === 1;
  }

  copy(key: Handle, values: Values): Handle {
    return this.#lib.C_CopyObject(this.session, key, templateOf(values));
  }

  destroy(key: Handle): void {
    this.#lib.C_DestroyObject(this.session, key);
  }

  beginSignature(key: Handle, session = this.session): void {
    this.#lib.C_SignInit(session, { mechanism: CKM_ECDSA }, key);
  }

  /** r and s of 32 bytes each. */
  endSignature(digest: Uint8Array, session = this.session): Buffer {
    return this.#lib.C_Sign(session, Buffer.from(digest), Buffer.alloc(64));
  }

  generate(mechanism: number, publicValues: Values, privateValues: Values): { private: Handle; public: Handle } {
    const pair = this.#lib.C_GenerateKeyPair(
      this.session,
      { mechanism },
      templateOf(publicValues),
      templateOf(privateValues),
    );
    return { private: pair.privateKey, public: pair.publicKey };
  }

  generateSecret(mechanism: number, values: Values): Handle {
    return this.#lib.C_GenerateKey(this.session, { mechanism }, templateOf(values));
  }
}

/** The name of what a call came to, by its number. */
export function answer(run: () => unknown): string {
  try {
    run();
    return 'CKR_OK';
  } catch (error) {
    const rv = rvOf(error);
    if (rv === null) throw error;
    return rvName(rv);
  }
}
