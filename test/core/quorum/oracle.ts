/**
 * What a quorum of `required` of some custodians must do, written down a second time and as bluntly as possible. It
 * imports nothing, so that it can be wrong only in its own way.
 */

export type Kind =
  'approve' | 'approve-briefly' | 'decline' | 'approve-expired' | 'approve-other-plan' | 'approve-by-other-key';

export interface Attempt {
  readonly who: number;
  readonly kind: Kind;
}

export interface Question {
  readonly required: number;
  readonly veto: boolean;
  readonly attempts: readonly Attempt[];
}

/** Which attempts are taken into the ledger, in the order in which they were made. */
export function taken({ attempts }: Pick<Question, 'attempts'>): Attempt[] {
  const list: Attempt[] = [];
  for (const attempt of attempts) {
    if (attempt.kind === 'approve-expired') continue;
    if (attempt.kind === 'approve-other-plan') continue;
    if (attempt.kind === 'approve-by-other-key') continue;
    let before = false;
    for (const other of list) if (other.who === attempt.who) before = true;
    if (!before) list.push(attempt);
  }
  return list;
}

/** Whether some `required` of the people, each with an approval of their own that still lives, can be picked. */
export function mayAct(question: Question, late: boolean): boolean {
  const list = taken(question);
  if (question.veto) for (const { kind } of list) if (kind === 'decline') return false;
  // Every way of picking from the list, one bit for each attempt.
  for (let picked = 0; picked < 2 ** list.length; picked++) {
    const who: number[] = [];
    let sound = true;
    for (let i = 0; i < list.length; i++) {
      if (Math.floor(picked / 2 ** i) % 2 === 0) continue;
      const { kind } = list[i]!;
      if (kind === 'decline') sound = false;
      if (kind === 'approve-briefly' && late) sound = false;
      if (who.includes(list[i]!.who)) sound = false;
      who.push(list[i]!.who);
    }
    if (sound && who.length === question.required) return true;
  }
  return false;
}

/** Whether the question to the custodians was answered at some moment, which a later decline does not unsay. */
export function answered(question: Question): boolean {
  for (let n = 1; n <= question.attempts.length; n++) {
    if (mayAct({ ...question, attempts: question.attempts.slice(0, n) }, false)) return true;
  }
  return false;
}
