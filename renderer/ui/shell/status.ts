import type { StatusView as StatusSnapshot } from '../../../contract/views.ts';

/** What the status bar shows at all times. Everything in it was checked by the workstation or read from the token. */
export interface StatusView {
  readonly airGap: AirGapView;
  readonly hsm: HsmStatusView | undefined;
  readonly ledger: { readonly entries: number; readonly root: string; readonly anchor: string } | undefined;
  /** True where there is a ledger that is not opened because it is not trusted. */
  readonly refused?: boolean | undefined;
  /** True while the ledger is being checked and is not open yet. */
  readonly checking?: boolean | undefined;
}

export interface AirGapView {
  readonly interfacesUp: readonly string[];
  /** Undefined while the check has not been made yet. */
  readonly checked: boolean;
  /** True when a rule of the vault makes this network an alarm; a rehearsal only notes it. */
  readonly alarm: boolean;
}

export interface HsmStatusView {
  readonly label: string;
  readonly serial: string;
  readonly login: 'logged-in' | 'logged-out' | 'read-only' | 'lost';
  /** How the login was made, in words of the custody mode, such as `2 of 3` or `operator PIN`. */
  readonly loginDetail?: string | undefined;
}

/** `2026-03-18 09:42:17` in UTC. */
export const utcClock = (moment: Date): string => moment.toISOString().slice(0, 19).replace('T', ' ');

/** `09:42:17` in UTC of an RFC 3339 time. */
export const utcTime = (iso: string): string => iso.slice(11, 19);

/** `2026-03-18 09:42` of an RFC 3339 time in UTC; empty for what is none. */
export const utcMinute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');

/** The status bar's part of a snapshot; without a snapshot nothing is claimed. */
export function statusOf(snapshot: StatusSnapshot | undefined, refused = false, checking = false): StatusView {
  if (snapshot === undefined) {
    return { airGap: { interfacesUp: [], checked: false, alarm: false }, hsm: undefined, ledger: undefined };
  }
  const interfacesUp = snapshot.airGap.interfacesUp;
  const { hsm, ledger } = snapshot;
  return {
    airGap: { interfacesUp, checked: true, alarm: snapshot.environment === 'production' && interfacesUp.length > 0 },
    hsm: hsm.state === 'none' ? undefined : { label: hsm.label, serial: hsm.serial, login: hsm.state },
    ledger: ledger === null ? undefined : { entries: ledger.size, root: ledger.root, anchor: ledger.anchor.short },
    refused,
    checking,
  };
}
