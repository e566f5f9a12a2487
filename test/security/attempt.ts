/** Runs source text in the page of the packed application. */
import type { Page } from 'playwright-core';
import type { Bridge } from '../../contract/schema.ts';

export interface PageGlobals {
  readonly conclave: Bridge & Record<string, (input: unknown) => Promise<unknown>>;
  marker?: string;
}

/** Runs in the page; gives what came of it, and the directives that were violated meanwhile. */
export const attemptIn = (page: Page, source: string): Promise<{ outcome: string; violated: string[] }> =>
  page.evaluate(`(async () => {
    const violated = [];
    const listen = (event) => violated.push(event.effectiveDirective);
    document.addEventListener('securitypolicyviolation', listen);
    // What is evaluated for a debugger may use eval until it first waits, whatever the policy says.
    await new Promise((resolve) => setTimeout(resolve));
    let outcome;
    try {
      outcome = String(await (async () => { ${source} })());
    } catch (error) {
      outcome = error.name;
    }
    await new Promise((resolve) => setTimeout(resolve));
    document.removeEventListener('securitypolicyviolation', listen);
    return { outcome, violated };
  })()`);
