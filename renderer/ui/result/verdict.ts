export type Verdict = 'pass' | 'fail' | 'note' | 'not-checked';
