/** The channels between preload and main: one a method, and one for notifications. No channel takes another's name as data. */
import type { Method } from '../../contract/methods.ts';

export const channelOf = (method: Method): string => `conclave:${method}`;

/** Main to renderer: a whole snapshot. */
export const CHANGED = 'conclave-changed';
