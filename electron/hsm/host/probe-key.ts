/**
 * A throw-away key pair on the token, to find out what the token enforces: whether a right that is taken away is refused
 * then, can be given back, whether CKA_COPYABLE false is honoured, and whether dates can be read. It is destroyed at the
 * end, whatever was found.
 */

import { randomBytes } from 'node:crypto';

import { PROBE_LABEL } from '../../../core/ledger/token-call.ts';
import { ATTRIBUTES } from '../attribute.ts';
import type { Enforcement, ProbeKeyRequest, TemplateAttribute } from '../port.ts';
import { encode, readOne } from './attribute-codec.ts';
import { type Context, type Handle, HostFailure, inSession, tokenCall } from './context.ts';
import { makePair } from './keys.ts';
import { byIdAndClass, exactlyOne, search } from './objects.ts';
import { ENDS_LOGIN } from './rv.ts';
import { signWith } from './sign.ts';
import { withLogin } from './slots.ts';

const LASTING: readonly TemplateAttribute[] = [
  { name: 'CKA_TOKEN', value: true },
  { name: 'CKA_PRIVATE', value: true },
  { name: 'CKA_MODIFIABLE', value: true },
  { name: 'CKA_DESTROYABLE', value: true },
  { name: 'CKA_COPYABLE', value: false },
];

const PRIVATE: readonly TemplateAttribute[] = [
  ...LASTING,
  { name: 'CKA_SENSITIVE', value: true },
  { name: 'CKA_EXTRACTABLE', value: false },
  { name: 'CKA_SIGN', value: true },
  { name: 'CKA_SIGN_RECOVER', value: false },
  { name: 'CKA_DECRYPT', value: false },
  { name: 'CKA_UNWRAP', value: false },
  { name: 'CKA_DERIVE', value: false },
];

const PUBLIC: readonly TemplateAttribute[] = [
  ...LASTING,
  { name: 'CKA_VERIFY', value: true },
  { name: 'CKA_VERIFY_RECOVER', value: false },
  { name: 'CKA_ENCRYPT', value: false },
  { name: 'CKA_WRAP', value: false },
  { name: 'CKA_DERIVE', value: false },
];

type Answered = { readonly ok: true } | { readonly ok: false; readonly error: { call: string; rv: string } };

/** What the token answers. A token that is gone does not answer. */
function answer(run: () => unknown): Answered {
  try {
    run();
    return { ok: true };
  } catch (error) {
    if (!(error instanceof HostFailure) || (error.rv !== null && ENDS_LOGIN.has(error.rv))) throw error;
    const { call = '', rv = '' } = error.failure;
    return { ok: false, error: { call, rv } };
  }
}

export function probeKey(context: Context, { token, mechanism, algorithm, ckaId }: ProbeKeyRequest): Enforcement {
  return withLogin(context, token, ({ slot }) => {
    try {
      inSession(context, slot, 'write', (session) =>
        makePair(context, session, {
          mechanism,
          ckaId,
          label: PROBE_LABEL,
          privateTemplate: PRIVATE,
          publicTemplate: PUBLIC,
        }),
      );
      return tried(context, slot, { algorithm, ckaId });
    } finally {
      removeProbeKey(context, slot, ckaId);
    }
  });
}

function tried(
  context: Context,
  slot: Handle,
  { algorithm, ckaId }: Pick<ProbeKeyRequest, 'algorithm' | 'ckaId'>,
): Enforcement {
  const key = Buffer.from(ckaId).toString('hex');
  const own = (session: Handle): Handle => exactlyOne(context, session, { ckaId, class: 'private-key' });
  const set = (attributes: readonly TemplateAttribute[]): Answered =>
    answer(() =>
      inSession(context, slot, 'write', (session) => {
        const object = own(session);
        tokenCall(context, { call: 'C_SetAttributeValue', key }, () =>
          context.lib.C_SetAttributeValue(session, object, attributes.map(encode)),
        );
      }),
    );
  const signs = (): Answered =>
    answer(() =>
      inSession(context, slot, 'read', (session) =>
        signWith(context, { slot, session, key: own(session), ckaId }, { algorithm, data: randomBytes(32) }),
      ),
    );

  const taken = set([{ name: 'CKA_SIGN', value: false }]);
  const used = taken.ok ? signs() : null;
  const given = taken.ok ? set([{ name: 'CKA_SIGN', value: true }]) : taken;
  const usedAgain = given.ok ? signs() : given;
  const copied = answer(() =>
    // A copy that only lives in this session, so that none is left where the token allows it.
    inSession(context, slot, 'write', (session) => {
      const object = own(session);
      tokenCall(context, { call: 'C_CopyObject', key, session: true }, () =>
        context.lib.C_CopyObject(session, object, [{ type: ATTRIBUTES.CKA_TOKEN.type, value: false }]),
      );
    }),
  );
  const dated = set([
    { name: 'CKA_START_DATE', value: '20300101' },
    { name: 'CKA_END_DATE', value: '20310101' },
  ]);
  const date = inSession(context, slot, 'read', (session) => readOne(context, session, own(session), 'CKA_END_DATE'));
  const because = (what: Answered) => (what.ok ? {} : { error: what.error });
  return {
    clear: {
      answer: used === null ? 'refused' : used.ok ? 'ignored' : 'enforced',
      ...because(used ?? taken),
    },
    restore: { answer: usedAgain.ok ? 'works' : 'refused', ...because(usedAgain) },
    copy: { answer: copied.ok ? 'allowed' : 'refused', ...because(copied) },
    dates: dated.ok
      ? date.value === '20310101'
        ? { answer: 'readable' }
        : { answer: 'unreadable', error: { call: 'C_GetAttributeValue', rv: date.rv ?? 'CKR_OK' } }
      : { answer: 'refused', ...because(dated) },
  };
}

/** Destroys what is there of the throw-away key, as after a loss in the midst of it. Answers how many objects there were. */
export function removeProbeKey(context: Context, slot: Handle, ckaId: Uint8Array): number {
  const about = { call: 'C_DestroyObject', key: Buffer.from(ckaId).toString('hex') } as const;
  return inSession(context, slot, 'write', (session) => {
    const objects = (['private-key', 'public-key'] as const).flatMap((objectClass) =>
      search(context, session, byIdAndClass(ckaId, objectClass)),
    );
    for (const object of objects) tokenCall(context, about, () => context.lib.C_DestroyObject(session, object));
    return objects.length;
  });
}
