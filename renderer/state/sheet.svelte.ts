import { Request } from './request.svelte.ts';

/** A sheet or file that is made in the exports folder: whether it is being made, where it lies, or why it could not be made. */
export class Sheet extends Request {
  path = $state<string>();

  constructor(private readonly method: 'print.genesis' | 'print.plan' | 'ledger.export' | 'keys.calendar') {
    super();
  }

  async print(): Promise<void> {
    this.path = undefined;
    const reply = await this.run(this.method, {});
    if (reply.ok) this.path = reply.value.path;
  }
}
