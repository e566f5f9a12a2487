/** Steps that several recipes share, with the words that are read aloud. */
import type { Step } from './plan.ts';

export const confirm = (id: string, title: string, say: string): Step => ({
  id,
  kind: 'confirm',
  title,
  leader: 'administrator',
  say,
  confirmedBy: ['administrator', 'witness'],
});

export const room = confirm(
  'room',
  'Check the room and the recording',
  'Everyone in the room is named on the plan. The recording runs. Witness, please confirm.',
);

export const workstation = confirm(
  'workstation',
  'Check the workstation and the air gap',
  'The seals are unbroken, no network is connected, and the status bar says so. Witness, please confirm.',
);

export const ledgerRoot = confirm(
  'ledger-root',
  'Read the ledger root aloud',
  'I read the root of the ledger in words. Witness, please compare it with your own record.',
);

export const login = (id: string, title: string): Step => ({
  id,
  kind: 'login',
  title,
  leader: 'administrator',
  say: 'I now log in to the token. Please look away while the PIN is typed.',
  confirmedBy: ['administrator'],
});

/** The evidence of what was done, signed and written while the token is still open. */
export const exporting: Step = {
  id: 'export',
  kind: 'export',
  title: 'Export the attestation bundle',
  leader: 'administrator',
  say: 'The workstation now signs and writes the evidence of what was done here. I read its digest aloud.',
  confirmedBy: ['administrator'],
};

export const logout = (id: string, title: string, say: string): Step => ({
  id,
  kind: 'logout',
  title,
  leader: 'administrator',
  say,
  confirmedBy: ['administrator'],
});
