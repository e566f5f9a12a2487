/**
 * `key.compromise`: the key is blocked, and the report is in the ledger by the same act. An object that is not on the
 * token any more is no reason to keep the report out.
 */
import { blocking } from './block.ts';

export const compromise = blocking(true);
