export type Verdict = 'pass' | 'fail' | 'not-checked';
