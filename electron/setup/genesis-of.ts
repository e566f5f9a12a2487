/** From what a set-up has made to the trust file of the vault. */
import { base64, hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import type { Genesis } from '../../core/evidence/genesis.ts';
import { formatVkey, type VerifierKey } from '../../core/ledger/note.ts';
import { type Policy } from '../../core/quorum/policy.ts';
import type { ModuleInfo, TokenInfo } from '../hsm/port.ts';
import { type ServiceKey } from './token-acts.ts';
import type { VaultState } from '../../core/ceremony/state.ts';
import type { CreateVault } from './create-vault.ts';

/** What a set-up has made on its tokens. */
export interface Made {
  readonly vaultToken: TokenInfo;
  readonly rootToken: TokenInfo;
  readonly logKey: VerifierKey;
  readonly attestation: ServiceKey;
  readonly rootCertificate: Uint8Array;
  readonly certificate: Uint8Array;
  readonly created: number;
}

/** The trust file of a new vault, to be read back and kept outside. */
export function genesisOf(
  crypto: Crypto,
  plan: CreateVault,
  made: Made,
  { policy, sha256: policySha256 }: { readonly policy: Policy; readonly sha256: string },
  { module, anchor }: { readonly module: ModuleInfo; readonly anchor: VaultState['anchor'] },
): Genesis {
  const sha256 = (bytes: Uint8Array) => hex(crypto.sha256(bytes));
  const { vaultToken, rootToken, logKey } = made;
  return {
    v: 1,
    type: 'conclave-genesis',
    vault: { id: plan.vaultId, name: plan.vaultName },
    environment: plan.environment,
    created: new Date(made.created).toISOString(),
    origin: plan.origin,
    profile: plan.profile,
    custody: 'operator-pin',
    hsm: {
      label: vaultToken.label,
      serial: vaultToken.serial,
      model: vaultToken.model,
      manufacturer: vaultToken.manufacturer,
      firmware: vaultToken.firmwareVersion,
      librarySha256: module.fileSha256,
    },
    operatorRoot: {
      certificate: base64(made.rootCertificate),
      sha256: sha256(made.rootCertificate),
      tokenSerial: rootToken.serial,
    },
    attestationKey: { certificateSha256: sha256(made.certificate), spkiSha256: sha256(made.attestation.spki) },
    logKey: { vkey: formatVkey(logKey), spki: base64(logKey.spki) },
    ...(anchor === null ? {} : { anchor }),
    policy,
    policySha256,
    people: plan.people.map(({ person, role, name, credential, key, spki }) => ({
      person,
      role,
      name,
      credential,
      key,
      spki,
    })),
  };
}
