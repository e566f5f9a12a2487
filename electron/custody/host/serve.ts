import * as v from 'valibot';
import { fail, type Result } from '../../../core/result.ts';
import { requestSchema } from '../protocol.ts';
import { create } from './create.ts';
import { sign } from './sign.ts';

/** Answers any message whatever. Nothing of the message, and no text of an exception, is repeated in a failure. */
export async function serve(message: unknown): Promise<Result<unknown>> {
  try {
    const request = v.safeParse(requestSchema, message);
    if (!request.success) return badRequest();
    return await (request.output.call === 'create' ? create(request.output) : sign(request.output));
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown';
    return fail({
      code: 'internal',
      message: `The credential host met a defect (${name}).`,
    });
  }
}

const badRequest = () =>
  fail({
    code: 'bad-input',
    message: 'The request to the credential host does not have the agreed shape.',
  });
