/**
 * Takes a vault's ledger from a copy, on a workstation that has none: after the old one was lost, or retired. The copy is
 * read whole before anything of it is used, then compared with receipts and with the head on the token. Where any of that
 * refuses, the workstation is left as it was; what was put there is kept aside.
 */
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  asRestoration,
  decideRestore,
  judgeReceipts,
  type Copied,
  type PresentedReceipt,
} from '../../core/continuity/restore.ts';
import type { CopyView } from '../../contract/ledger-views.ts';
import { hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { disclosed } from '../../core/ledger/disclosure.ts';
import type { Entry, Environment } from '../../core/ledger/entry.ts';
import { roleOf } from '../../core/people/person.ts';
import { parseVkey, verifyCheckpoint, type VerifierKey } from '../../core/ledger/note.ts';
import { readReceipt } from '../../core/ledger/receipt.ts';
import type { JournalLine } from '../../core/ledger/verify-journal.ts';
import { fail, ok, type Result } from '../../core/result.ts';
import { refuse, RULES } from '../../core/rules.ts';
import { Sealer, serviceKeyId } from '../ceremony/seal-head.ts';
import { workstation } from '../ceremony/vault.ts';
import { findSoftHsm } from '../hsm/rehearsal.ts';
import { placeCopy, readCopy, type VerifiedCopy } from '../ledger/copies.ts';
import { diskFiles, writeAtomically } from '../ledger/files.ts';
import type { OpenVault } from '../open-vault.ts';
import { writeVaultFile, type VaultFile } from '../setup/vault-file.ts';
import type { CrashPoint } from '../workstation/crash-points.ts';
import { sheetOf, type Sheet } from './sheet.ts';

export interface RestoreInput {
  readonly from: string;
  readonly receipts: readonly string[];
  readonly library?: string | undefined;
  readonly softhsmConf?: string | undefined;
  readonly confirmed: readonly string[];
  readonly pin: Uint8Array;
}

export interface RestorePorts {
  readonly crypto: Crypto;
  readonly folders: {
    readonly root: string;
    readonly vault: string;
    readonly ledger: string;
    readonly genesis: string;
  };
  readonly now: () => string;
  readonly crash: (point: CrashPoint) => void;
  readonly working: (title: string | null) => void;
  readonly openLedger: (file: VaultFile) => Promise<Result<OpenVault>>;
  readonly keep: (sheet: Sheet) => Promise<Result<string>>;
}

export interface Named {
  readonly environment: Environment;
  readonly origin: string;
  readonly genesis: string;
  readonly logKey: VerifierKey;
}

export async function restoreLedger(
  input: RestoreInput,
  ports: RestorePorts,
): Promise<Result<{ open: OpenVault; path: string }>> {
  const { crypto, folders, working } = ports;
  working('Reading the copy from the first byte to the last');
  const found = await readWhole(input.from, crypto);
  if (!found.ok) return found;
  const { copy, named } = found.value;
  const receipts = await readReceipts(input.receipts, named.logKey, crypto);
  if (!receipts.ok) return receipts;
  const file = vaultFile(input, named);
  if (!file.ok) return file;
  working('Putting the ledger in its place');
  try {
    await placeCopy(input.from, folders.ledger);
    await writeVaultFile(join(folders.vault, 'vault.json'), file.value);
    const sheet = await diskFiles.read(join(folders.ledger, 'blobs', 'sha256', named.genesis));
    if (sheet) await writeAtomically(diskFiles, folders.genesis, sheet);
  } catch {
    await setAside(ports);
    return fail({
      code: 'io',
      message: 'The copy cannot be put in its place.',
      hint: 'Check the free space and permissions.',
    });
  }
  const open = await ports.openLedger(file.value);
  if (!open.ok) {
    await setAside(ports);
    return open;
  }
  const done = await goOn(open.value, copy.sums, receipts.value, input, ports);
  if (done.ok) return ok({ open: open.value, path: done.value });
  await open.value.session.close();
  await open.value.vault.close();
  await setAside(ports);
  return done;
}

/** The copy, read with the log key that it names; whether the token has that key is found out later. */
export async function readWhole(
  from: string,
  crypto: Crypto,
): Promise<Result<{ copy: VerifiedCopy; named: Named; people: CopyView['people'] }>> {
  for (const environment of ['rehearsal', 'production'] as const) {
    const said = new Map<string, Entry>();
    const people: CopyView['people'][number][] = [];
    const seen = ({ entry }: JournalLine, disclosures: readonly string[]) => {
      if (entry.type === 'person.enrolled') {
        const { person } = entry.data;
        const { name = person } = disclosed(crypto, entry.disclosures, disclosures);
        people.push({ person, role: roleOf(person), name });
      }
      if (entry.type !== 'vault.created' && entry.type !== 'genesis.sealed') return;
      if (!said.has(entry.type)) said.set(entry.type, entry);
    };
    const first = await readCopy(from, 'CONTINUITY-8', { crypto, environment, logKey: undefined, seen });
    if (!first.ok) {
      if (first.error.message.includes('environment')) continue;
      return first;
    }
    const [created, sealed] = [said.get('vault.created'), said.get('genesis.sealed')];
    const key = sealed?.type === 'genesis.sealed' ? parseVkey(crypto, sealed.data.vkey) : null;
    if (created?.type !== 'vault.created' || sealed?.type !== 'genesis.sealed' || !key?.ok)
      return refuse('CONTINUITY-8', 'It is not the ledger of a sealed vault.');
    const copy = await readCopy(from, 'CONTINUITY-8', { crypto, environment, logKey: key.value });
    if (!copy.ok) return copy;
    const { origin } = created.data;
    const named = { environment, origin, genesis: sealed.data.genesis, logKey: key.value };
    return ok({ copy: copy.value, named, people });
  }
  return refuse('CONTINUITY-8');
}

/** Whose ledger a copy is: the people of the vault, for those present to be named. */
export async function lookAtCopy(from: string, crypto: Crypto): Promise<Result<CopyView>> {
  const found = await readWhole(from, crypto);
  return found.ok ? ok({ size: found.value.copy.size, people: found.value.people }) : found;
}

export async function readReceipts(
  paths: readonly string[],
  logKey: VerifierKey,
  crypto: Crypto,
): Promise<Result<PresentedReceipt[]>> {
  const out: PresentedReceipt[] = [];
  for (const path of paths) {
    const bytes = await readFile(path).catch(() => null);
    if (!bytes)
      return fail({ code: 'io', message: `${path} cannot be read.`, hint: 'Check that the medium is mounted.' });
    const file = new Uint8Array(bytes);
    const read = await verifyCheckpoint(crypto, readReceipt(path, file).note, logKey);
    if (!read.ok) return refuse('CONTINUITY-10', `${path} is not signed by this log.`);
    out.push({ sha256: hex(crypto.sha256(file)), size: read.value.size, root: read.value.root });
  }
  return ok(out);
}

/** A rehearsal's software token is found by itself; any other module is named by people. */
function vaultFile({ library, softhsmConf }: RestoreInput, { environment, origin }: Named): Result<VaultFile> {
  const module = library === undefined ? (environment === 'rehearsal' ? findSoftHsm() : null) : ok(library);
  if (!module) return fail({ code: 'bad-input', message: 'Name the PKCS#11 library of the vault’s token.' });
  if (!module.ok) return module;
  return ok({
    v: 1,
    environment,
    origin,
    library: module.value,
    ...(softhsmConf === undefined ? {} : { softhsmConf }),
  });
}

/** With the token: its log key and its head against the copy, and then the first entry here. */
async function goOn(
  { vault, session }: OpenVault,
  sums: string,
  receipts: readonly PresentedReceipt[],
  input: RestoreInput,
  ports: RestorePorts,
): Promise<Result<string>> {
  const { crypto, crash, working } = ports;
  // With the entry by which the old workstation retired, where there is one.
  const { tree } = vault.journal;
  const copied: Copied = { sums, size: tree.size, rootAt: (size) => tree.root(size) };
  const judged = judgeReceipts(copied, receipts);
  if (!judged.ok) return judged;
  working('Comparing the copy with the token');
  const { label, serial } = vault.state.hsm ?? { label: '', serial: '' };
  const logged = await session.login({ label, serial }, input.pin);
  if (!logged.ok) return logged;
  const same = await sameLogKey(vault, session);
  if (!same.ok) return same;
  const sealer = new Sealer(vault, { crypto, session, crash });
  const verdict = await sealer.check('login');
  if (!verdict.ok) return asRestoration(verdict.error);
  const decided = decideRestore(vault.state, copied, { verdict: verdict.value, receipts, confirmed: input.confirmed });
  if (!decided.ok) return decided;
  const opened = workstation({ type: 'session.opened', data: { token: 'vault', mode: 'operator-pin' } });
  const restored = await vault.append([decided.value]);
  if (!restored.ok) return restored;
  const noted = await vault.append([opened]);
  if (!noted.ok) return noted;
  const sealed = await sealer.seal();
  if (!sealed.ok) return sealed;
  await session.close();
  const left = workstation({ type: 'session.closed', data: { reason: 'logout' } });
  const closed = await vault.append([...vault.compareCalls(session.takeCalls()), left]);
  if (!closed.ok) return closed;
  const about = {
    kind: 'restored',
    copies: [input.from],
    doesNotProve: [
      'That the old workstation cannot be used any more.',
      receipts.length === 0
        ? `That copy and token were not set back together. ${RULES['CONTINUITY-13'].message}`
        : 'That nothing was entered after the newest receipt and the head on the token.',
    ],
  } as const;
  return ports.keep(sheetOf(crypto, vault, restored.value[0]!, about, ports.now()));
}

/** The ledger names its log key itself; that the token holds it is what makes it this vault's. */
async function sameLogKey(vault: OpenVault['vault'], session: OpenVault['session']): Promise<Result<null>> {
  const hsm = session.use();
  const ckaId = serviceKeyId(vault, 'log-key.generate');
  if (!hsm.ok || !ckaId || !vault.logKey || !vault.state.hsm) return refuse('CONTINUITY-10');
  const { label, serial } = vault.state.hsm;
  const spki = await hsm.value.publicKeySpki({ token: { label, serial }, ckaId });
  if (!spki.ok) return spki;
  return hex(spki.value) === hex(vault.logKey.spki)
    ? ok(null)
    : refuse('CONTINUITY-10', 'The token has another log key.');
}

/** Nothing is deleted: what was put in place and refused is kept for whoever looks into it. */
async function setAside({ folders, now }: RestorePorts): Promise<void> {
  await rename(folders.vault, join(folders.root, `refused-restore-${now().replace(/[:.]/g, '-')}`));
  await diskFiles.makeFolder(folders.vault);
  await diskFiles.makeFolder(folders.ledger);
}
