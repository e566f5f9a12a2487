/**
 * Drives the real application through its bridge, as fast as it answers: the same calls as the screens make, without the
 * time that hands take. Ends where the application is gone.
 */
import type { Page } from 'playwright-core';
import type { AppView } from '../../../contract/views.ts';
import type { Result } from '../../../core/result.ts';
import { launchApp, type LaunchedApp } from '../launch.ts';
import type { Acknowledged, Where } from './checker.ts';

/** Values of a call. Secrets are given as text and encoded in the page, since only JSON crosses to it. */
interface Given {
  readonly plain?: Readonly<Record<string, unknown>>;
  readonly secret?: Readonly<Record<string, string>>;
}

const PATIENCE_MS = 60_000;

/** The process is gone, as it was meant to be. */
class Gone extends Error {}

class Ceremony {
  constructor(
    private readonly page: Page,
    private readonly gone: Promise<never>,
    private readonly where: Where & { readonly passphrase: string },
  ) {}

  async call<T>(method: string, { plain = {}, secret = {} }: Given = {}): Promise<Result<T>> {
    const answer = this.page.evaluate(
      async ([name, words, secrets]) => {
        const bridge = (window as unknown as { conclave: Record<string, (input: unknown) => Promise<unknown>> })
          .conclave;
        const bytes = Object.entries(secrets).map(([key, text]) => [key, new TextEncoder().encode(text)] as const);
        return bridge[name]!({ ...words, ...Object.fromEntries(bytes) });
      },
      [method, plain, secret] as const,
    );
    return Promise.race([answer as Promise<Result<T>>, this.gone]);
  }

  /** What the screen shows once the ledger is checked. */
  async view(): Promise<AppView> {
    for (;;) {
      const view = await this.call<AppView>('app.snapshot');
      if (!view.ok) throw new Error(view.error.message);
      if (view.value.phase !== 'opening') return view.value;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async #must(method: string, given: Given): Promise<void> {
    const done = await this.call(method, given);
    if (!done.ok) throw new Error(`${method}: ${done.error.policy ?? done.error.code} ${done.error.message}`);
  }

  async #approve(step: string, view: AppView): Promise<void> {
    const { passphrase } = this.where;
    const decided = (person: string): boolean =>
      view.ceremony?.people.find((one) => one.person === person)?.decision === 'approved';
    for (const custodian of ['custodian-1', 'custodian-3'].filter((one) => !decided(one))) {
      const challenge = await this.call<{ planSha256: string; ask: { row: string; column: number }[] }>(
        'ceremony.challenge',
        { plain: { step, custodian } },
      );
      if (!challenge.ok) throw new Error(challenge.error.message);
      const groups = challenge.value.planSha256.match(/.{4}/g)!;
      const typed = challenge.value.ask.map(({ row, column }) => groups['ABCD'.indexOf(row) * 4 + column - 1]!);
      const plain = { step, custodian, rows: ['A', 'B', 'C', 'D'], typed };
      const given = await this.call('ceremony.approve', { plain, secret: { passphrase } });
      // After a kill one of the two may be in the ledger already.
      if (!given.ok && given.error.policy !== 'QUORUM-3' && given.error.policy !== 'STEP-1') {
        throw new Error(`ceremony.approve: ${given.error.policy ?? given.error.code} ${given.error.message}`);
      }
    }
  }

  /** Does what is next, and says whether there was anything. Stops at the step. */
  async next(stop: string | null): Promise<boolean> {
    const view = await this.view();
    if (view.refusal) throw new Error(`refused: ${view.refusal.policy} ${view.refusal.message}`);
    const { ceremony } = view;
    const pin = { secret: { pin: this.where.userPin } };
    if (ceremony?.openIntent) {
      await this.#must('ceremony.recover', pin);
      return true;
    }
    const step = ceremony?.steps[ceremony.current];
    if (!ceremony || ceremony.outcome !== 'open' || !step || step.id === stop) return false;
    const plain = { step: step.id };
    if ((step.kind === 'act' || step.kind === 'export') && view.status.hsm.state !== 'logged-in') {
      await this.#must('ceremony.login', { plain, ...pin });
    }
    switch (step.kind) {
      case 'confirm':
      case 'read-back':
        await this.#must('ceremony.confirm', { plain: { ...plain, confirmed: ['administrator-1', 'witness-1'] } });
        return true;
      case 'approve':
        await this.#approve(step.for!, view);
        return true;
      case 'login':
        await this.#must('ceremony.login', { plain, ...pin });
        return true;
      case 'act':
        return this.#unlessUnknown(await this.call('ceremony.act', { plain }));
      case 'logout':
        await this.#must('ceremony.logout', { plain });
        return true;
      case 'export':
        return this.#unlessUnknown(await this.call('ceremony.export', { plain }));
    }
  }

  /** A signature that may exist is never made again: people then stop the ceremony. */
  async #unlessUnknown(done: Result<unknown>): Promise<boolean> {
    if (done.ok) return true;
    if (done.error.policy !== 'STEP-6' && done.error.policy !== 'APPROVAL-7') {
      throw new Error(`${done.error.policy ?? done.error.code}: ${done.error.message}`);
    }
    await this.#must('ceremony.stop', { plain: { reason: 'The outcome of a signature is not known.' } });
    return true;
  }
}

export interface Life {
  /** Whether the application ended itself with SIGKILL. */
  readonly killed: boolean;
  /** What the window was told while it lived. */
  readonly told: readonly Acknowledged[];
}

/**
 * Starts the application on the folder and goes on with the ceremony up to a step, or to its end. `crashAt` names the
 * numbered point at which it kills itself; where it is never met, the application is closed in order.
 */
export async function live(
  where: Where & { readonly passphrase: string },
  crashAt: string | null,
  stop: string | null,
): Promise<Life> {
  const env = crashAt === null ? {} : { CONCLAVE_CRASH_AT: crashAt };
  const launched: LaunchedApp = await launchApp({ dataDir: where.dataDir, env });
  const child = launched.app.process();
  const gone = new Promise<never>((_, reject) => child.once('exit', () => reject(new Gone('gone'))));
  gone.catch(() => undefined);
  const told: Acknowledged[] = [];
  try {
    const ceremony = new Ceremony(launched.page, gone, where);
    const limit = Date.now() + PATIENCE_MS;
    const tell = async (): Promise<void> => {
      const { ledger } = (await ceremony.view()).status;
      if (ledger) told.push({ size: ledger.size, root: ledger.root });
    };
    await tell();
    while (await ceremony.next(stop)) {
      await tell();
      if (Date.now() > limit) throw new Error('the ceremony does not come to its end');
    }
    await launched.close();
    return { killed: false, told };
  } catch (error) {
    // A call that ends with the process may fail before its end is known.
    await Promise.race([gone.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 2_000))]);
    if (child.signalCode === 'SIGKILL') return { killed: true, told };
    await launched.kill();
    throw error;
  }
}
