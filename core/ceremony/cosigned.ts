/** A head that somebody other than the log has signed. */
export interface RecordedCosignature {
  readonly person: string;
  /** SHA-256 of the key's SubjectPublicKeyInfo. */
  readonly key: string;
  readonly size: number;
  readonly root: string;
  readonly signedOn: 'ceremony-workstation' | 'off-host';
  readonly seq: number;
  readonly time: string;
}
