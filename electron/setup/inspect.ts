/** What a PKCS#11 module is and which tokens it has, as the first-run screen shows it. Nothing is written by looking. */
import type { ModuleView, SlotView } from '../../contract/views.ts';
import type { Failure } from '../../core/result.ts';
import type { Hsm, ModuleInfo, SlotInfo, TokenInfo } from '../hsm/port.ts';
import { HsmSession, type ModuleRef } from '../ceremony/hsm-session.ts';

/** Tokens in software, by what their makers call them. Anything not known as hardware is judged no better elsewhere. */
export const isSoftware = (module: ModuleInfo): boolean =>
  /softhsm|kryoptic|nss|opencryptoki.*soft/i.test(`${module.manufacturer} ${module.description}`);

export async function inspectModule(start: () => Hsm, module: ModuleRef): Promise<ModuleView> {
  const session = new HsmSession(start, module, () => undefined);
  const empty = {
    library: module.library,
    sha256: '',
    manufacturer: '',
    description: '',
    version: '',
    cryptoki: '',
    software: false,
    slots: [],
  };
  const info = await session.moduleInfo();
  if (!info.ok) {
    await session.close();
    return { ...empty, problem: explained(info.error, module.library) };
  }
  const slots = await session.slots();
  await session.close();
  return {
    library: module.library,
    sha256: info.value.fileSha256,
    manufacturer: info.value.manufacturer,
    description: info.value.description,
    version: info.value.version,
    cryptoki: info.value.cryptokiVersion,
    software: isSoftware(info.value),
    slots: slots.ok ? slots.value.map(slotView) : [],
    problem: problemOf(info.value, slots.ok ? slots.value : null, slots.ok ? undefined : slots.error),
  };
}

/** In words, with the library and the PKCS#11 call that a maker's support will ask for. */
function explained({ message, hint, call, rv }: Failure, library: string): NonNullable<ModuleView['problem']> {
  const what = [call, rv].filter((part) => part !== undefined).join(': ');
  return { message: `${message} (${what === '' ? '' : `${what}, `}${library})`, hint: hint ?? '' };
}

function problemOf(
  info: ModuleInfo,
  slots: readonly SlotInfo[] | null,
  error: Failure | undefined,
): ModuleView['problem'] {
  if (error) return explained(error, info.path);
  const [warning] = info.warnings;
  if (warning) return { message: warning.message, hint: 'Choose the maker’s own module for anything but a trace.' };
  if (slots && !slots.some(({ token }) => token)) {
    return {
      message: `${info.path} (C_GetSlotList) reports no token in any slot.`,
      hint: 'Connect the HSM, switch it on, and look again.',
    };
  }
  return null;
}

function slotView(slot: SlotInfo): SlotView {
  const { token } = slot;
  return {
    slot: slot.id,
    description: slot.description,
    token: token
      ? {
          label: token.label,
          serial: token.serial,
          model: token.model,
          manufacturer: token.manufacturer,
          hardware: token.hardwareVersion,
          firmware: token.firmwareVersion,
          flags: token.flags,
          initialized: token.initialized,
          mechanisms: token.mechanisms.map(({ name }) => name),
          can: abilities(token),
        }
      : null,
    problem: slotProblem(slot),
  };
}

function slotProblem({ token, problem }: SlotInfo): SlotView['problem'] {
  if (problem !== undefined) return { message: problem, hint: 'Reconnect the HSM and look again.' };
  if (!token) return { message: 'No token is in this slot.', hint: 'Is the HSM switched on, or the card inserted?' };
  if (!token.initialized) {
    return {
      message: 'The token is not initialised (C_GetTokenInfo).',
      hint: 'Initialise it with the maker’s tool, with a user PIN.',
    };
  }
  if (!token.flags.includes('CKF_USER_PIN_INITIALIZED')) {
    return { message: 'The token has no user PIN (C_GetTokenInfo).', hint: 'Set one with the maker’s tool.' };
  }
  if (token.pinPad) {
    return {
      message: 'This token takes its PIN on its own keypad, which this version cannot ask for.',
      hint: 'The PKCS#11 binding cannot pass an empty PIN pointer to C_Login.',
    };
  }
  return null;
}

/** What can be done with a token, in words, from the mechanisms it lists. Whether it is true shows when it is used. */
function abilities({ mechanisms, manufacturer, model }: TokenInfo): { ok: boolean; text: string }[] {
  const lists = (name: string) => mechanisms.some((mechanism) => mechanism.name === name);
  const largest = (name: string) => mechanisms.find((mechanism) => mechanism.name === name)?.maxKeySize ?? 0;
  const ec = lists('CKM_EC_KEY_PAIR_GEN') && lists('CKM_ECDSA');
  const rsa = lists('CKM_RSA_PKCS_KEY_PAIR_GEN') ? largest('CKM_RSA_PKCS_KEY_PAIR_GEN') : 0;
  const kinds = [
    ...(ec ? ['P-256', 'P-384'] : []),
    ...(rsa >= 3072 ? ['RSA 3072'] : []),
    ...(rsa >= 4096 ? ['RSA 4096'] : []),
  ];
  // In the order in which they are tried when the vault is made.
  const heads =
    lists('CKM_EC_EDWARDS_KEY_PAIR_GEN') && lists('CKM_EDDSA') ? 'Ed25519' : ec ? 'ECDSA' : rsa >= 3072 ? 'RSA' : null;
  const software = /softhsm/i.test(`${manufacturer} ${model}`);
  return [
    {
      ok: kinds.length > 0,
      text: kinds.length > 0 ? `Generate and sign: ${kinds.join(', ')}` : 'No key kind of this version is listed',
    },
    {
      ok: heads !== null,
      text:
        heads === null
          ? 'Cannot sign ledger checkpoints: none of Ed25519, ECDSA and RSA is listed'
          : `Sign ledger checkpoints: ${heads}, tried when the vault is made`,
    },
    software
      ? { ok: false, text: 'TEST ONLY. A software token gives no hardware protection.' }
      : { ok: false, text: 'No attestation by the maker through PKCS#11. Reports will say so.' },
  ];
}
