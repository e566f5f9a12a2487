import type { SealState } from '../../ui/people/presence.ts';
import type { ScriptView } from '../../ui/script/script.ts';

export interface RunnerView {
  readonly script: ScriptView;
  readonly stage: StageView;
  readonly room: RoomView;
  readonly feed: readonly FeedEntry[];
}

export interface StageView {
  /** Changes with every step; focus and announcement follow it, and what was seen of the last step is forgotten. */
  readonly key: string;
  readonly eyebrow: string;
  readonly ledBy: string;
  readonly title: string;
  /** Said when the step begins: which step it is, and what was done just before. */
  readonly announcement: string;
  /** The step done just before this one. */
  readonly lately?: string | undefined;
  /** What is read aloud, and by whom. `keep` is a name in it that is never broken over two lines. */
  readonly say?: { readonly who: string; readonly words: string; readonly keep: string } | undefined;
  readonly parameters?: ParametersView | undefined;
  /** What must hold before the act; each was checked just now. */
  readonly ready: readonly { readonly text: string; readonly met: boolean }[];
  readonly exceptions: readonly string[];
  /** Said beside a hold button: what is lost if this is wrong. */
  readonly warning?: string | undefined;
  readonly act: ActView | undefined;
  /** False once the ceremony has ended. */
  readonly open: boolean;
}

export interface ParametersView {
  readonly title: string;
  readonly planSha256: string;
  /** The attributes a person must have seen. */
  readonly rows: readonly ParameterRow[];
  /** Every attribute of the template, of both halves. */
  readonly all: readonly ParameterRow[];
  /** Whether the act waits until the last row was on the screen. */
  readonly mustBeSeen: boolean;
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
  /** The sixteen digits of row A of the plan, which can be typed instead of holding. */
  readonly rowA?: string | undefined;
}

export interface RoomView {
  readonly quorum:
    | { readonly required: number; readonly approved: number; readonly members: number; readonly action: string }
    | undefined;
  readonly custodians: readonly PersonView[];
  readonly others: readonly PersonView[];
}

export interface PersonView {
  readonly initials: string;
  readonly name: string;
  readonly seat: string;
  readonly state: SealState;
  /** In place of the word for the state. */
  readonly word?: string | undefined;
  /** A time of the decision. */
  readonly detail?: string | undefined;
}

export interface FeedEntry {
  readonly number: number;
  readonly event: string;
  readonly detail: string;
  readonly by: string;
  readonly time: string;
  /** The first two groups of the entry hash. */
  readonly hash: string;
}

export interface RunnerActions {
  readonly act: () => void;
  readonly exception: (reason: string) => void;
  readonly stop: (reason: string) => void;
}
