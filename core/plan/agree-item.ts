/** What a plan says of one finding that it resolves. */
import * as v from 'valibot';
import { Drift } from '../inventory/drift.ts';
import { isVisible } from '../text.ts';

/** One plan resolves so many findings at most: each is read by everyone who approves it. */
export const MAX_ITEMS = 32;

/** A finding, and the label of its key, or of the object itself where no key of the ledger is concerned. */
export const item = v.strictObject({
  finding: Drift,
  label: v.pipe(v.string(), v.maxLength(64), v.check(isVisible)),
});
