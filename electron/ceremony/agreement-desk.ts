/** What is done so that the token and the ledger agree, beside the ceremonies: inventories, and the probe of the token. */
import type { Drift } from '../../core/inventory/drift.ts';
import type { Why } from '../../core/inventory/record.ts';
import { ok, type Result } from '../../core/result.ts';
import { Inventories, type InventoryPorts, type InventoryStatus } from './inventory.ts';
import type { Acts } from './run-act.ts';
import type { Vault } from './vault.ts';

export class AgreementDesk {
  readonly #inventories: Inventories;

  constructor(
    private readonly vault: Vault,
    private readonly acts: Acts,
    ports: InventoryPorts,
  ) {
    this.#inventories = new Inventories(vault, ports);
  }

  get inventory(): InventoryStatus {
    return this.#inventories.status;
  }

  /** A person has the inventory under way ended. */
  stop(): void {
    this.#inventories.stop();
  }

  /** With the token just logged in to. What cannot be found out now keeps nobody from going on. */
  async afterLogin(): Promise<Result<null>> {
    // Once for a token: one that cannot be probed is not tried again unasked.
    const probed = this.vault.state.agreement.probed ? ok(null) : await this.acts.probeKey();
    if (!probed.ok && probed.error.code === 'ledger') return probed;
    await this.#inventories.begin();
    return ok(null);
  }

  /** Everything that is there now, alone; entered where it is news. */
  async take(why: Why): Promise<Result<null>> {
    const taken = await this.#inventories.take(why);
    return taken.ok ? ok(null) : taken;
  }

  /** At the end of a ceremony. A token that does not answer does not keep it open; the ledger then has no such entry. */
  async atEnd(): Promise<Result<null>> {
    const taken = await this.take('ceremony-end');
    return !taken.ok && taken.error.code === 'ledger' ? taken : ok(null);
  }

  /** What the token and the ledger differ in at this moment; no entry is made of it. */
  now(): Promise<Result<readonly Drift[]>> {
    return this.#inventories.drift();
  }

  /** Nothing goes on in the background any more. */
  async settle(): Promise<void> {
    this.#inventories.stop();
    await this.#inventories.settled();
  }
}
