/** The whole snapshot: everything the screens show, from the open vault or the set-up. */
import { basename } from 'node:path';
import { hex } from '../../core/bytes.ts';
import type { Crypto } from '../../core/crypto.ts';
import { anchorWords } from '../../core/ledger/anchor-words.ts';
import { boundOf } from '../../core/ledger/clock-reading.ts';
import type { Clock } from '../../core/ledger/entry.ts';
import type { CeremonyState, VaultState } from '../../core/ceremony/state.ts';
import { FIRST_PROFILE } from '../../core/lifecycle/states.ts';
import { initials } from '../../core/people/person.ts';
import type {
  AppView,
  BundleView,
  CeremonySummary,
  NoticeView,
  PersonView,
  SetupView,
  StatusView,
  VaultView,
} from '../../contract/views.ts';
import type { ApplicationPorts } from '../application-ports.ts';
import type { InventoryStatus } from '../ceremony/inventory.ts';
import type { HsmSession } from '../ceremony/hsm-session.ts';
import type { Vault } from '../ceremony/vault.ts';
import type { DataFolder } from '../workstation/data-folder.ts';
import { agreementView } from './agreement-view.ts';
import { cosignView } from './cosign-view.ts';
import { ceremonyView } from './ceremony-view.ts';
import { keysView } from './key-list.ts';

export type Notice = NoticeView;

export interface AppViewInput {
  readonly crypto: Crypto;
  readonly folder: DataFolder;
  readonly software: ApplicationPorts['software'];
  readonly open: {
    readonly vault: Vault;
    readonly session: HsmSession;
    readonly inventory: InventoryStatus;
  } | null;
  readonly now: Clock;
  readonly refusal: AppView['refusal'];
  readonly opening: AppView['opening'];
  readonly verifying: AppView['verifying'];
  readonly setup: SetupView;
  readonly work: AppView['work'];
  readonly notices: readonly Notice[];
  readonly interfacesUp: readonly string[];
  /** Where bundles of this run were written, by SHA-256. */
  readonly bundlePaths: ReadonlyMap<string, string>;
}

export function appView(input: AppViewInput): AppView {
  const { open, refusal, software } = input;
  const vault = open?.vault;
  const ceremonies = vault ? [...vault.state.ceremonies.values()] : [];
  const shown = vault?.state.open ?? ceremonies.at(-1) ?? null;
  return {
    phase: refusal ? 'refused' : input.opening ? 'opening' : open ? 'ready' : 'first-run',
    refusal,
    opening: refusal ? null : input.opening,
    software: {
      name: software.name,
      version: software.version,
      testBuild: software.testBuild,
      manifest: software.manifest,
    },
    status: status(input),
    setup: input.setup,
    vault: vault ? vaultView(vault.state, input.folder, input.now) : null,
    ceremony:
      open && shown
        ? ceremonyView({
            crypto: input.crypto,
            vault: open.vault,
            ceremony: shown,
            loggedIn: open.session.state === 'logged-in',
            interfacesUp: input.interfacesUp,
            bundle: bundleOf(input, shown),
          })
        : null,
    ceremonies: ceremonies
      .map(({ id, plan, from, to, opened, outcome, calls }): CeremonySummary => ({
        ceremony: id,
        title: plan.script.title,
        from,
        to,
        opened,
        outcome,
        calls: calls.made === 0 ? null : { ...calls },
      }))
      .reverse(),
    keys: keysView(vault?.state.keys, Date.parse(input.now.wall), vault?.state.agreement.changed),
    agreement: open && vault ? agreementView(input.crypto, vault.state, open.inventory) : null,
    cosign: vault ? cosignView(vault) : null,
    notices: input.notices,
    verifying: input.verifying,
    work: input.work,
  };
}

function status({ open, interfacesUp }: AppViewInput): StatusView {
  if (!open) {
    return {
      airGap: { interfacesUp },
      hsm: { state: 'none', label: '', serial: '', pinFlags: [] },
      ledger: null,
      environment: null,
    };
  }
  const { vault, session } = open;
  return {
    airGap: { interfacesUp },
    hsm: {
      state: session.state,
      label: vault.state.hsm?.label ?? '',
      serial: vault.state.hsm?.serial ?? '',
      pinFlags: session.pinFlags,
    },
    ledger: {
      size: vault.journal.size,
      root: hex(vault.journal.root()),
      sealed: vault.sealed,
      anchor: anchorWords(vault.standing, vault.journal.size - vault.sealed),
    },
    environment: vault.state.environment,
  };
}

export const peopleView = (state: VaultState): PersonView[] =>
  [...state.people.values()].map(({ person, role, name, key, medium, credential }) => ({
    person,
    role,
    name,
    initials: initials(name),
    key,
    medium,
    credential,
  }));

function vaultView(state: VaultState, folder: DataFolder, now: Clock): VaultView {
  const { policy, reading } = state;
  const members = (group: string) => policy?.groups.find(({ id }) => id === group)?.people.length ?? 0;
  return {
    id: state.vault?.vault ?? '',
    name: state.vaultName,
    environment: state.environment,
    created: state.created ?? '',
    custody: 'operator-pin',
    profile: state.vault?.profile ?? FIRST_PROFILE,
    hsm: { label: state.hsm?.label ?? '', serial: state.hsm?.serial ?? '', model: state.hsm?.model ?? '' },
    people: peopleView(state),
    thresholds: (policy?.rules ?? []).flatMap(({ action, all }) =>
      all.map(({ of, required }) => ({ action, required, of: members(of) })),
    ),
    reading: reading && {
      reading: reading.reading,
      uncertainty: reading.uncertainty,
      seq: reading.seq,
      bound: boundOf(reading, now),
    },
    policySha256: state.policySha256 ?? '',
    genesisSha256: state.genesis?.genesis ?? '',
    operatorRootSha256: state.genesis?.operatorRoot ?? '',
    logKey: state.genesis?.vkey ?? '',
    folders: { data: folder.root, genesis: folder.genesis, exports: folder.exports, ledger: folder.ledger },
  };
}

function bundleOf({ bundlePaths }: AppViewInput, { bundle, id, plan, exported }: CeremonyState): BundleView | null {
  if (bundle === null) return null;
  const path = bundlePaths.get(bundle) ?? '';
  const { title } = plan.script;
  return { name: basename(path), path, sha256: bundle, bytes: 0, ceremony: id, title, exported: exported ?? '' };
}
