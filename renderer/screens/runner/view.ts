import type { SealState } from '../../ui/people/presence.ts';
import type { ScriptView } from '../../ui/script/script.ts';

export interface RunnerView {
  readonly script: ScriptView;
  readonly stage: StageView;
  readonly room: RoomView;
  readonly feed: readonly FeedEntry[];
}

export interface StageView {
  readonly step: number;
  readonly of: number;
  readonly ledBy: string;
  readonly title: string;
  /** What is read aloud, and by whom. */
  readonly say?: { readonly who: string; readonly words: string } | undefined;
  readonly parameters?: ParametersView | undefined;
  /** What must hold before the act; each was checked just now. */
  readonly ready: readonly { readonly text: string; readonly met: boolean }[];
  /** Said beside a hold button: what is lost if this is wrong. */
  readonly warning?: string | undefined;
  readonly act: ActView | undefined;
}

export interface ParametersView {
  readonly approvedInStep: number;
  readonly planSha256: string;
  readonly rows: readonly ParameterRow[];
  /** How many attributes the template has in all. */
  readonly total: number;
}

export interface ParameterRow {
  readonly name: string;
  readonly value: string;
  readonly meaning: string;
}

export interface ActView {
  readonly label: string;
  /** An irreversible act is held for two or three seconds; an ordinary one is clicked. */
  readonly hold: 2 | 3 | undefined;
  readonly danger: boolean;
  readonly refused?: string | undefined;
  readonly working?: string | undefined;
  readonly done?: string | undefined;
}

export interface RoomView {
  readonly quorum: { readonly required: number; readonly approved: number; readonly members: number };
  readonly custodians: readonly PersonView[];
  readonly others: readonly PersonView[];
}

export interface PersonView {
  readonly initials: string;
  readonly name: string;
  readonly seat: string;
  readonly state: SealState;
  /** A time of the approval, or why the person is absent. */
  readonly detail?: string | undefined;
}

export interface FeedEntry {
  readonly number: number;
  readonly event: string;
  readonly by: string;
  readonly time: string;
  /** The first two groups of the entry hash. */
  readonly hash: string;
}

export interface RunnerActions {
  readonly act: () => void;
  readonly typeInstead?: (() => void) | undefined;
  readonly exception: (reason: string) => void;
  readonly stop: (reason: string) => void;
  readonly showAttributes: () => void;
}
