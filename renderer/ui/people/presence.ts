export type SealState = 'present' | 'approved' | 'at-desk' | 'absent' | 'declined';
