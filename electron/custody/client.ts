import * as v from 'valibot';
import { ok, type Result } from '../../core/result.ts';
import type { SpawnHost } from '../process/host-process.ts';
import type { Hsm } from '../hsm/port.ts';
import type { Credentials } from './credential.ts';
import { adoptCard, signWithCard } from './card.ts';
import { describe, noCards } from './describe.ts';
import { refuse } from './failure.ts';
import { PRODUCT_WORK_FACTOR } from '../../core/people/key-file.ts';
import { createAnswer, signAnswer, type Request } from './protocol.ts';

export interface CredentialsOptions {
  /** Starts a credential host. Called once for every `create` and `sign`. */
  readonly spawn: SpawnHost;
  /** A client for a new HSM host, for cards: one host a signature. Without it cards are refused. */
  readonly startHsm?: () => Hsm;
  /** Milliseconds after which a host that has not answered is ended. */
  readonly timeout?: number;
  /** Of new key files. Only tests choose another than the product's. */
  readonly workFactor?: number;
}

/** A host that was killed and does not go (it waits for a dead medium, say) is given up after this (milliseconds). */
const GRACE = 5_000;

/** The credentials of this workstation. One host at a time, for each takes 256 MiB for a few seconds. */
export function createCredentials(options: CredentialsOptions): Credentials {
  const timeout = options.timeout ?? 120_000;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
  const ask = <T extends v.GenericSchema>(request: Request, schema: T) =>
    inTurn(async (): Promise<v.InferOutput<T> | Result<never>> => {
      try {
        const ended = await askOnce(options.spawn, request, timeout);
        const answer = v.safeParse(schema, ended.answer);
        return answer.success ? answer.output : noAnswer(ended);
      } catch {
        return noAnswer({ timedOut: false });
      } finally {
        request.passphrase.fill(0);
      }
    });

  return {
    async create({ folder, fileName, person, passphrase }) {
      const workFactor = options.workFactor ?? PRODUCT_WORK_FACTOR;
      const made = await ask({ call: 'create', folder, fileName, person, passphrase, workFactor }, createAnswer);
      if (!made.ok) return made;
      const { path, spki, keyId } = made.value;
      return ok({ credential: { kind: 'key-file', path }, spki, keyId });
    },
    adoptCard(request) {
      const { startHsm } = options;
      if (startHsm) return inTurn(() => adoptCard(startHsm, request));
      request.pin.fill(0);
      return Promise.resolve(noCards());
    },
    describe,
    async sign(request) {
      const { credential, passphrase, payloads, expectedKeyId } = request;
      if (credential.kind === 'card') {
        const { startHsm } = options;
        if (startHsm) return inTurn(() => signWithCard(startHsm, credential, request));
        passphrase.fill(0);
        return noCards();
      }
      const { path } = credential;
      return ask({ call: 'sign', path, passphrase, payloads: [...payloads], expectedKeyId }, signAnswer);
    },
  };
}

interface Ended {
  readonly answer?: unknown;
  readonly exit?: string;
  readonly timedOut: boolean;
}

/** Starts a host, asks, and settles once the host is gone. */
function askOnce(spawn: SpawnHost, request: Request, timeout: number): Promise<Ended> {
  return new Promise((resolve) => {
    const host = spawn();
    let answer: unknown;
    let timedOut = false;
    let grace: NodeJS.Timeout | undefined;
    const end = () => {
      grace ??= setTimeout(() => settle(), GRACE);
      host.kill();
    };
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, timeout);
    const settle = (exit?: string) => {
      clearTimeout(timer);
      clearTimeout(grace);
      resolve({ answer, timedOut, ...(exit === undefined ? {} : { exit }) });
    };
    host.onMessage((message) => {
      answer ??= message;
      end();
    });
    host.onExit(settle);
    host.postMessage(request);
    request.passphrase.fill(0);
  });
}

function noAnswer(ended: Ended): Result<never> {
  const why = ended.timedOut
    ? 'did not answer in time and was ended'
    : ended.answer !== undefined
      ? 'gave an answer that was not understood'
      : `ended before it answered (${ended.exit ?? 'it could not be started'})`;
  return refuse(
    'CRED-9',
    `The process that opens key files ${why}. No signature was received.`,
    'Try again. If a key file was being made, look at the medium first and choose another name if it is there.',
  );
}
