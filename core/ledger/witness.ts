/**
 * What a witness does with a request (C2SP tlog-witness, without the transport): it knows one log by its key, keeps the
 * last head that it cosigned, and cosigns a newer one only with the proof that nothing before it changed.
 */
import { equal } from '../bytes.ts';
import type { Crypto } from '../crypto.ts';
import { fail, ok, type Failure, type Result } from '../result.ts';
import { cosigning, type Cosigning } from './cosigner.ts';
import { WITNESS_FINDINGS, type WitnessFinding } from './findings.ts';
import { emptyRoot, verifyConsistency, type Hash } from './merkle.ts';
import { checkpointText, parseNote, verifyCheckpoint, type VerifierKey } from './note.ts';
import { parseConsistencyFile } from './proof.ts';

export interface SeenHead {
  readonly size: number;
  readonly root: Hash;
}

export interface Witnessing {
  /** The head that is kept as the last one, before the cosignature leaves the witness. */
  readonly head: SeenHead;
  readonly cosigning: Cosigning;
}

const TO_DO: Readonly<Record<WitnessFinding, string>> = {
  'WITNESS-1': 'Take the request that the application wrote, unchanged.',
  'WITNESS-2': 'Compare the key of the log with the signed genesis sheet.',
  'WITNESS-3':
    'Keep this request and the last head, and call an auditor. The ledger was set back, or an old request was brought.',
  'WITNESS-4': 'Keep this request and the last head, and call an auditor. They cannot both be of one ledger.',
  'WITNESS-5': 'Have the application write a request from the last head of this witness.',
};

const refuse = (policy: WitnessFinding, detail?: string): Result<never> =>
  fail({
    code: 'refused',
    policy,
    message: detail === undefined ? WITNESS_FINDINGS[policy] : `${WITNESS_FINDINGS[policy]} ${detail}`,
    hint: TO_DO[policy],
  } satisfies Failure);

const entries = (n: number): string => `${n} ${n === 1 ? 'entry' : 'entries'}`;

/**
 * Judges a request. `last` is the head that the witness keeps, null before the first one; `time` is in seconds since 1970.
 * The size in the request is only believed after the proof from the witness's own head.
 */
export async function answerRequest(
  crypto: Crypto,
  request: Uint8Array | string,
  {
    logKey,
    witnessKey,
    last,
    time,
  }: { logKey: VerifierKey; witnessKey: VerifierKey; last: SeenHead | null; time: number },
): Promise<Result<Witnessing>> {
  const file = parseConsistencyFile(request);
  if (!file.ok) return refuse('WITNESS-1');
  const { oldSize, proof, checkpoint } = file.value;
  const verified = await verifyCheckpoint(crypto, checkpoint, logKey);
  if (!verified.ok) return refuse('WITNESS-2', verified.error.message);
  const { origin, size, root } = verified.value;
  // An empty ledger has nothing in it to witness, and tools differ about its root.
  if (size === 0 || oldSize > size) return refuse('WITNESS-1');
  const own = last ?? { size: 0, root: emptyRoot(crypto) };
  const both = `The request: ${entries(size)}. The last head: ${entries(own.size)}.`;
  if (size < own.size) return refuse('WITNESS-3', both);
  if (size === own.size && !equal(root, own.root)) return refuse('WITNESS-4', both);
  if (oldSize !== own.size)
    return refuse('WITNESS-5', `It begins at ${entries(oldSize)}, the last head has ${entries(own.size)}.`);
  if (!verifyConsistency(crypto, { oldSize, oldRoot: own.root, size, root, proof })) return refuse('WITNESS-4', both);
  // What is signed is the log's own text, extension lines and all.
  const note = parseNote(checkpoint);
  const text = note.ok ? note.value.text : checkpointText({ origin, size, root });
  return ok({ head: { size, root }, cosigning: cosigning(witnessKey, text, time) });
}
