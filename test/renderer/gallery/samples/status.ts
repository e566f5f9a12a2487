import type { StatusView } from '../../../../renderer/ui/shell/status.ts';

export const NOW = new Date('2026-03-18T09:42:17Z');
export const FINGERPRINT = '4724a273e1a05a23f6c3665c4f1f9c01460e2eb208d08e9c7351a8da232f0975';
export const PLAN = 'c2d7cf955ad33b516581e078b0922fd5e588b520804ea9ed5876a6ff639d5968';
const ROOT = `35a68d73${'0'.repeat(52)}827f`;

const quiet = { interfacesUp: [], checked: true, alarm: false };
export const status: StatusView = {
  airGap: quiet,
  hsm: { label: 'ALDERMOOR-CS-A', serial: '7A20-4471', login: 'logged-in', loginDetail: '2 of 3' },
  ledger: { entries: 184, root: ROOT, anchor: 'anchor checked' },
};
export const statusAlarm: StatusView = { ...status, airGap: { interfacesUp: ['eth0'], checked: true, alarm: true } };
