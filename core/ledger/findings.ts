/**
 * What the verification of a ledger may find, each with a stable id. `JOURNAL` ids refuse the ledger; `CLOCK` ids are
 * shown and do not refuse it, because a clock that was set is not an entry that was changed.
 */
export const JOURNAL_FINDINGS = {
  'JOURNAL-1': 'The line is not a leaf hash, one space and an entry.',
  'JOURNAL-2': 'The entry does not have the leaf hash that stands before it, so it was changed or damaged.',
  'JOURNAL-3': 'The entry is not an entry of a known version in its one canonical form.',
  'JOURNAL-4': 'The entry does not have the next sequence number, so entries are missing, repeated or out of order.',
  'JOURNAL-5': 'The entry does not name the hash of the entry before it, so the chain is broken here.',
  'JOURNAL-6': 'The outcome belongs to no open intent: there was none, or it already has its outcome.',
  'JOURNAL-7': 'The outcome is of another act than its intent.',
  'JOURNAL-8': 'The entry is of another environment than the entries before it.',
  'JOURNAL-9': 'A stored checkpoint is not one, or not of this ledger.',
  'JOURNAL-10': 'A stored checkpoint covers more entries than there are, so entries at the end are missing.',
  'JOURNAL-11': 'A stored checkpoint has another root than these entries, so the ledger was rewritten or forked.',
  'JOURNAL-12': 'A disclosure does not belong to any digest of its entry.',
  'JOURNAL-13': 'Another process has this ledger open.',
  'JOURNAL-14': 'A write to the ledger failed earlier. Nothing more is written until it was closed and verified again.',
  'JOURNAL-15': 'The entry to be written is not a valid entry.',
  'JOURNAL-17': 'The last line is unfinished, as after a crash in the middle of a write, or was cut.',
  'JOURNAL-18': 'An entry follows the end of the ledger. After a move, only its restoration elsewhere may.',
  'JOURNAL-19': 'A cosignature in the ledger is over another root than these entries have.',
} as const;

/** What a receipt or a key from outside may show about a ledger. All of them refuse it. */
export const RECEIPT_FINDINGS = {
  'RECEIPT-1': 'The receipt covers more entries than there are: entries at the end are missing.',
  'RECEIPT-2': 'The receipt has another root than these entries: the ledger was rewritten or forked.',
  'RECEIPT-3': 'The receipt is not one that this log signed, or carries a bad signature of a known key.',
  'RECEIPT-4': 'The ledger names another log key than the one given.',
} as const;

/** About the documents beside the journal. Only the first refuses: a copy may withhold documents, and a crash may leave one. */
export const BLOB_FINDINGS = {
  'BLOB-1': 'A document was altered: it does not have the hash that names it.',
  'BLOB-2': 'A document that an entry names is missing.',
  'BLOB-3': 'A document is here that no entry names.',
} as const;

/** Why a witness does not cosign a head. It cosigns none of them, and its last head stays what it was. */
export const WITNESS_FINDINGS = {
  'WITNESS-1': 'The file is not a witness request.',
  'WITNESS-2': 'The head is not signed by the key of the log that this witness watches.',
  'WITNESS-3': 'The head is older than the last one that this witness cosigned: entries are missing at its end.',
  'WITNESS-4':
    'The head does not continue the last one that this witness cosigned: the ledger was rewritten or forked.',
  'WITNESS-5': 'The request begins at another head than the last one that this witness cosigned.',
} as const;

export const CLOCK_FINDINGS = {
  'CLOCK-1': 'The wall clock went back.',
  'CLOCK-2': 'The monotonic clock went back within one boot of the workstation.',
  'CLOCK-3': 'Within one boot the wall clock and the monotonic clock moved apart, so the wall clock was set.',
  'CLOCK-4': 'The workstation was started anew. Between the two entries only the wall clock speaks.',
  'CLOCK-5': 'A witnessed reading and the wall clock differ by more than the reading may be off.',
  'CLOCK-6': 'The entry does not carry the bound on its clock that follows from the last witnessed reading.',
} as const;

export type JournalFinding = keyof typeof JOURNAL_FINDINGS;
export type ReceiptFinding = keyof typeof RECEIPT_FINDINGS;
export type BlobFinding = keyof typeof BLOB_FINDINGS;
export type WitnessFinding = keyof typeof WITNESS_FINDINGS;
export type ClockFinding = keyof typeof CLOCK_FINDINGS;

/** A finding that does not refuse the ledger. */
export interface Finding {
  readonly id: ClockFinding;
  /** Sequence number of the entry at which it shows. */
  readonly seq: number;
  /** By how much, in milliseconds. Negative is back, or behind. 0 where it is about no length of time. */
  readonly milliseconds: number;
}
