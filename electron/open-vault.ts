/** A vault that is open: its ledger verified and replayed, its session, its engine and its index. */
import { join } from 'node:path';
import { ok, type Failure, type Result } from '../core/result.ts';
import type { AppView } from '../contract/views.ts';
import type { ApplicationPorts } from './application-ports.ts';
import { Engine } from './ceremony/engine.ts';
import { HsmSession } from './ceremony/hsm-session.ts';
import { Vault } from './ceremony/vault.ts';
import { writeNewFile } from './evidence/bundles.ts';
import type { LedgerReader } from './ledger/reader.ts';
import type { Progress } from './ledger/protocol.ts';
import type { VaultFile } from './setup/vault-file.ts';
import { readAirGap } from './workstation/air-gap.ts';

export interface OpenVault {
  readonly vault: Vault;
  readonly session: HsmSession;
  readonly engine: Engine;
  /** Answers the ledger screen and writes the database. */
  readonly reader: LedgerReader;
  /** Writes the derived database anew. */
  readonly snapshot: () => Promise<Result<void>>;
  readonly file: VaultFile;
}

export interface OpenVaultPorts {
  readonly application: ApplicationPorts;
  readonly reader: LedgerReader;
  readonly progress: (progress: Progress) => void;
  readonly changed: () => void;
  readonly working: (work: AppView['work']) => void;
  readonly hsmLost: (asked: boolean) => void;
}

export const interfacesUp = (): readonly string[] => readAirGap().interfacesUp;

/** Opens the ledger that the file speaks of. Everything on disk is verified first, in a process of its own. */
export async function openVault(file: VaultFile, ports: OpenVaultPorts): Promise<Result<OpenVault>> {
  const { crypto, clock, folder, startHsm, credentials, software, random, crash } = ports.application;
  const { changed, reader, progress } = ports;
  const check = () => reader.check(progress);
  const vault = await Vault.open(folder.ledger, file.origin, file.environment, { crypto, clock, changed, check });
  if (!vault.ok) return vault;
  const { journal } = vault.value;
  const snapshot = async (): Promise<Result<void>> => {
    const written = await reader.write(journal.size);
    return written.ok ? journal.placeDatabase(() => crash('snapshot-before-rename')) : written;
  };
  const { library, softhsmConf } = file;
  const session = new HsmSession(startHsm, { library, softhsmConf }, ports.hsmLost);
  const engine = new Engine(vault.value, {
    crypto,
    credentials,
    session,
    software,
    random,
    crash,
    interfacesUp: () => Promise.resolve(interfacesUp()),
    mediumOf: (medium) => join(folder.media, medium),
    working: (title) => ports.working(title === null ? null : { title, done: 0, total: 0, detail: '' }),
    writeExport: (name, bytes) => writeNewFile(folder.exports, name, bytes, () => crash('bundle-before-rename')),
    snapshot,
    changed,
  });
  return ok({ vault: vault.value, session, engine, reader, snapshot, file });
}

/** While the ledger is being checked. */
export const NOT_CHECKED: Failure = {
  code: 'busy',
  message: 'The ledger is not checked to its end. Nothing can be done with the vault before that.',
  hint: 'Wait until every entry is checked, or check again where it was stopped.',
};
