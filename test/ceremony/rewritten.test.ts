/** A ledger that verifies as a journal and still tells what was never so: written by somebody with the disk alone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openJournal } from '../../electron/ledger/journal.ts';
import { nodeCrypto } from '../../electron/crypto.ts';
import { must } from '../hsm/host.ts';
import { Bench } from './bench.ts';
import { approvalBy, signedBy } from './custodian.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start();
  await bench.setUp();
  must(await bench.freeze());
  await bench.runTo('approve-generate');
}, 120_000);
afterAll(() => bench.close());

/** Closes the application, appends to its journal as only the disk allows, and opens it again. */
async function behindItsBack(write: (journal: Awaited<ReturnType<typeof openLedger>>) => Promise<void>): Promise<void> {
  await bench.app.shutdown();
  const journal = await openLedger();
  await write(journal);
  must(await journal.close());
  await bench.open();
}

const openLedger = async () =>
  must(await openJournal(bench.folder.ledger, { crypto: nodeCrypto, environment: 'rehearsal' }));

describe('a rewritten ledger', () => {
  test('with a step out of turn is shown with the number of the entry: LEDGER-3', async () => {
    const ceremony = bench.view.ceremony!.ceremony;
    let seq = -1;
    await behindItsBack(async (journal) => {
      const [line] = must(
        await journal.append([
          {
            event: { type: 'step.done', data: { step: 'fingerprint', confirmed: ['witness-1'] } },
            ceremony,
            actor: { role: 'administrator', person: 'administrator-1' },
          },
        ]),
      );
      seq = line!.entry.seq;
    });
    expect(bench.view.notices.find(({ policy }) => policy === 'LEDGER-3')?.message).toContain(`Entries ${seq}.`);
    expect(bench.step).toBe('approve-generate');
  });

  test('with an approval that its custodian never signed is not opened: LEDGER-1', async () => {
    const approval = approvalBy(bench, 'custodian-1');
    const genuine = await signedBy(bench, 'custodian-2', { ...approval, custodian: 'custodian-2' });
    // The envelope of another custodian, passed off as the first one's.
    const { state } = bench.vault;
    const ceremony = state.open!;
    await behindItsBack(async (journal) => {
      const envelope = must(await journal.putBlob(genuine));
      const { planSha256: plan } = ceremony;
      const data = {
        step: 'generate',
        person: 'custodian-1',
        key: state.people.get('custodian-1')!.key,
        plan,
        envelope,
      };
      must(
        await journal.append([
          {
            event: { type: 'approval.given', data: { ...data, expires: approval.expires } },
            ceremony: ceremony.id,
            actor: { role: 'custodian', person: 'custodian-1' },
          },
        ]),
      );
    });
    expect(bench.view.phase).toBe('refused');
    expect(bench.view.refusal).toMatchObject({ policy: 'LEDGER-1' });
  });
});
