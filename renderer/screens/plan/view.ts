import type { EnrolledPerson } from '../people/view.ts';
import type { FailureView } from '../first-run/view.ts';

export interface PlanView {
  readonly algorithms: readonly { readonly value: string; readonly label: string }[];
  readonly purpose: string;
  readonly recipe: string;
  readonly hsm: { readonly label: string; readonly serial: string };
  readonly people: readonly Pick<EnrolledPerson, 'id' | 'name' | 'initials' | 'role'>[];
  readonly quorum: { readonly required: number; readonly members: number };
  readonly frozen: FrozenPlan | undefined;
  readonly working?: string | undefined;
  readonly failure?: FailureView | undefined;
}

export interface FrozenPlan {
  readonly sha256: string;
  readonly at: string;
  readonly expires: string;
  readonly label: string;
  readonly algorithm: string;
  readonly initialState: InitialState;
  readonly recovery: string;
}

export type InitialState = 'pre-active' | 'active';

export interface PlanInput {
  readonly label: string;
  readonly algorithm: string;
  readonly initialState: InitialState;
  readonly recovery: string;
}

export interface PlanActions {
  readonly freeze: (plan: PlanInput) => void;
  readonly printSheet: () => void;
  readonly next: () => void;
}
