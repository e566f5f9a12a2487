export type StepState = 'done' | 'current' | 'next' | 'exception' | 'skipped';

/** One line of the script outline, as on the paper form: step, activity, time, initials. */
export interface StepView {
  readonly number: number;
  readonly activity: string;
  readonly state: StepState;
  /** `HH:MM:SS`, UTC. */
  readonly time?: string | undefined;
  readonly initials?: string | undefined;
  /** Why it was skipped, or what the exception was. */
  readonly reason?: string | undefined;
}

export interface ScriptView {
  readonly title: string;
  /** Such as `Script 014, version 4. 6 of 14 done.` */
  readonly meta: string;
  readonly steps: readonly StepView[];
}
