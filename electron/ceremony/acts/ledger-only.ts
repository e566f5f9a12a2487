/**
 * Acts of the ledger alone, such as a cryptoperiod: the token is asked nothing. Their intent and result have their heads
 * on the token as those of every other act.
 */
import type { ActRunner } from './act.ts';

export const ledgerOnly: ActRunner = {
  run: ({ intent }) => Promise.resolve({ outcome: 'committed', key: intent.data.key! }),
  // What it is to do is done by its result, which was not written.
  find: ({ intent }) =>
    Promise.resolve({
      outcome: 'not-committed',
      key: intent.data.key!,
      found: 'Nothing was to be done on the token. The result was not written.',
    }),
};
