/** The end of a ledger, its move and its restoration, with a real token and real folders. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { utf8 } from '../../core/bytes.ts';
import { RULES } from '../../core/rules.ts';
import { nodeCrypto } from '../../standalone/crypto.ts';
import { verifyLedger } from '../../core/ledger/verify-ledger.ts';
import { ledgerAt } from '../../standalone/ledger/files.ts';
import { Bench, must, mustFail, PASSPHRASE, prepare, type Prepared } from './bench.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const BOTH = ['administrator-1', 'witness-1'];

/** A vault with one finished ceremony. */
let held: Prepared;
const scratch: string[] = [];
let benches: Bench[] = [];

beforeAll(async () => {
  held = await prepare(async (bench) => {
    must(await bench.freeze());
    await bench.runTo();
  });
});
afterEach(async () => {
  for (const bench of benches) await bench.close();
  benches = [];
});
afterAll(() => {
  for (const folder of [held.root, ...scratch]) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'conclave-medium-'));
  scratch.push(made);
  return made;
}
async function over(prepared: Prepared): Promise<Bench> {
  const bench = await Bench.over(prepared);
  benches.push(bench);
  return bench;
}
/** A workstation with nothing on it, to which people bring their media. */
async function fresh(from?: Bench): Promise<Bench> {
  const bench = await Bench.start({ userPin: held.userPin });
  benches.push(bench);
  if (from) cpSync(from.folder.media, bench.folder.media, { recursive: true });
  return bench;
}
const end = (bench: Bench, kind: 'closed' | 'retired' | 'succeeded', media: [string, string], confirmed = BOTH) =>
  bench.h['continuity.end']({ kind, media, confirmed, pin: utf8(bench.userPin) });
const restore = (
  bench: Bench,
  from: string,
  token: Bench,
  change: { receipts?: string[]; confirmed?: string[] } = {},
) =>
  bench.h['continuity.restore']({
    from,
    receipts: change.receipts ?? [],
    confirmed: change.confirmed ?? BOTH,
    softhsmConf: join(token.root, 'softhsm', 'softhsm2.conf'),
    pin: utf8(token.userPin),
  });
/** The one copy on a medium. */
const copyOn = (medium: string): string => join(medium, readdirSync(medium)[0]!);
const journal = (ledger: string): string => readFileSync(join(ledger, 'journal.jsonl'), 'utf8');
/** Copies one file's folder with everything in it so that it can be changed. */
function loosened(copy: string): string {
  const to = join(folder(), 'copy');
  cpSync(copy, to, { recursive: true });
  for (const file of readdirSync(to, { recursive: true, withFileTypes: true })) {
    if (file.isFile()) chmodSync(join(file.parentPath, file.name), 0o600);
  }
  return to;
}

describe('closing the ledger', () => {
  test('leaves two copies that verify whole, a last entry that names them, and nothing after it: CONTINUITY-1', async () => {
    const bench = await over(held);
    const media: [string, string] = [folder(), folder()];
    const { path, app } = must(await end(bench, 'closed', media));
    const last = bench.entries().at(-1)!;
    expect(last).toMatchObject({ type: 'ledger.ended', data: { kind: 'closed', copies: [{}, {}] } });
    expect(app.notices).toMatchObject([{ policy: 'CONTINUITY-1', message: RULES['CONTINUITY-1'].message }]);
    expect(existsSync(path) && existsSync(path.replace(/pdf$/, 'json'))).toBe(true);
    // The last entry is under a signed head.
    expect(app.status.ledger).toMatchObject({ size: last.seq + 1, sealed: last.seq + 1 });

    for (const medium of media) {
      const copy = copyOn(medium);
      const report = await verifyLedger(nodeCrypto, ledgerAt(join(copy, 'ledger')));
      expect(report).toMatchObject({ passed: true, size: last.seq });
      expect(statSync(join(copy, 'ledger', 'journal.jsonl')).mode & 0o222).toBe(0);
      // With what lies beside it, the copy is the whole ledger.
      expect(journal(join(copy, 'ledger')) + journal(join(copy, 'end'))).toBe(journal(bench.folder.ledger));
    }
    expect(mustFail(await bench.freeze({ label: 'AFTER' })).policy).toBe('CONTINUITY-1');
    expect(mustFail(await end(bench, 'retired', media)).policy).toBe('CONTINUITY-1');
    await bench.reopen();
    expect(bench.view.phase).toBe('ready');
    expect(mustFail(await bench.freeze({ label: 'AFTER' })).policy).toBe('CONTINUITY-1');
    expect(bench.entries().at(-1)).toEqual(last);
    expect((await verifyLedger(nodeCrypto, ledgerAt(bench.folder.ledger))).passed).toBe(true);
  });

  test('is refused while a ceremony is open: CONTINUITY-4; without a witness: CONTINUITY-7; on one medium: CONTINUITY-5', async () => {
    const bench = await over(held);
    const media: [string, string] = [folder(), folder()];
    expect(mustFail(await end(bench, 'closed', media, ['administrator-1', 'custodian-1'])).policy).toBe('CONTINUITY-7');
    expect(mustFail(await end(bench, 'closed', [media[0], media[0]])).policy).toBe('CONTINUITY-5');
    expect(mustFail(await end(bench, 'closed', [media[0], bench.root])).policy).toBe('CONTINUITY-5');
    expect(mustFail(await end(bench, 'closed', [media[0], join(media[1], 'none')])).policy).toBe('CONTINUITY-5');
    must(await bench.freeze({ label: 'NEXT' }));
    expect(mustFail(await end(bench, 'closed', media)).policy).toBe('CONTINUITY-4');
    // The ledger goes on.
    await bench.runTo('login-generate');
    expect(bench.entries('ledger.ended')).toEqual([]);
  });
});

describe('a workstation that was lost', () => {
  test('is replaced from a copy that is not behind the token and the receipts, and the vault goes on', async () => {
    const lost = await over(held);
    const { path: copy } = must(await lost.h['ledger.export']({}));
    const receipt = join(folder(), 'receipt.note');
    cpSync(join(lost.folder.ledger, 'checkpoints', `${lost.view.status.ledger!.sealed}.note`), receipt);
    const bench = await fresh(lost);
    const look = must(await bench.h['continuity.lookAtCopy']({ from: copy }));
    expect(look.size).toBe(lost.entries().length);
    expect(look.people).toContainEqual({ person: 'witness-1', role: 'witness', name: 'Will Witness' });
    const { app } = must(await restore(bench, copy, lost, { receipts: [receipt] }));
    expect(app.phase).toBe('ready');
    expect(bench.entries('ledger.restored')).toMatchObject([
      { data: { receipts: [{ size: lost.view.status.ledger!.sealed }], retired: false, confirmed: BOTH } },
    ]);
    must(await bench.freeze({ label: 'AFTER-LOSS' }));
    await bench.runTo('login-generate');
    await bench.doStep();
    expect(bench.view.status.hsm.state).toBe('logged-in');
    await bench.reopen();
    expect(bench.view.phase).toBe('ready');
    expect((await verifyLedger(nodeCrypto, ledgerAt(bench.folder.ledger))).passed).toBe(true);
  });

  test('is not replaced from a copy behind the head on the token: CONTINUITY-9', async () => {
    const lost = await over(held);
    const { path: copy } = must(await lost.h['ledger.export']({}));
    must(await lost.freeze({ label: 'LATER' }));
    await lost.runTo('generate');
    await lost.app.shutdown();
    const bench = await fresh();
    expect(mustFail(await restore(bench, copy, lost)).policy).toBe('CONTINUITY-9');
    expect(bench.view.phase).toBe('first-run');
    expect(readdirSync(bench.root).some((name) => name.startsWith('refused-restore-'))).toBe(true);
    await lost.open();
  });

  test('is not replaced from a copy behind a receipt, CONTINUITY-9, or of another history than one, CONTINUITY-10', async () => {
    const lost = await over(held);
    const { path: copy } = must(await lost.h['ledger.export']({}));
    const later = await over(held);
    must(await later.freeze({ label: 'LATER' }));
    await later.runTo('generate');
    const sizes = readdirSync(join(later.folder.ledger, 'checkpoints')).map((name) => Number.parseInt(name));
    const receipt = (name: string): string => join(later.folder.ledger, 'checkpoints', name);
    const bench = await fresh();
    const behind = restore(bench, copy, lost, { receipts: [receipt(`${Math.max(...sizes)}.note`)] });
    expect(mustFail(await behind).policy).toBe('CONTINUITY-9');
    const another = join(folder(), 'other.note');
    writeFileSync(another, 'something else\n');
    expect(mustFail(await restore(bench, copy, lost, { receipts: [another] })).policy).toBe('CONTINUITY-10');
  });

  test('is not replaced from a copy in which anything was changed, added or removed: CONTINUITY-8', async () => {
    const lost = await over(held);
    const { path: copy } = must(await lost.h['ledger.export']({}));
    const bench = await fresh();
    const spoiled = async (spoil: (copy: string) => void): Promise<string | undefined> => {
      const changed = loosened(copy);
      spoil(changed);
      return mustFail(await restore(bench, changed, lost)).policy;
    };
    const blob = readdirSync(join(copy, 'ledger', 'blobs', 'sha256'))[0]!;
    expect(await spoiled((at) => writeFileSync(join(at, 'ledger', 'more'), 'x'))).toBe('CONTINUITY-8');
    expect(await spoiled((at) => rmSync(join(at, 'ledger', 'blobs', 'sha256', blob)))).toBe('CONTINUITY-8');
    expect(await spoiled((at) => rmSync(join(at, 'SHA256SUMS')))).toBe('CONTINUITY-8');
    expect(
      await spoiled((at) => {
        const file = join(at, 'ledger', 'journal.jsonl');
        writeFileSync(file, readFileSync(file, 'utf8').replace('session.opened', 'session.closed'));
      }),
    ).toBe('CONTINUITY-8');
    expect(bench.view.phase).toBe('first-run');
  });
});

describe('a workstation that retires', () => {
  test('says so last, refuses what comes after with CONTINUITY-2, and the ledger goes on at another', async () => {
    const old = await over(held);
    const media: [string, string] = [folder(), folder()];
    must(await end(old, 'retired', media));
    expect(mustFail(await old.freeze({ label: 'HERE' })).policy).toBe('CONTINUITY-2');
    await old.reopen();
    expect(old.view.notices).toMatchObject([{ policy: 'CONTINUITY-2' }]);
    expect(old.entries().at(-1)).toMatchObject({ type: 'ledger.ended', data: { kind: 'retired' } });

    const bench = await fresh(old);
    must(await restore(bench, copyOn(media[1]), old));
    expect(bench.entries('ledger.restored')).toMatchObject([{ data: { retired: true, receipts: [] } }]);
    must(await bench.freeze({ label: 'THERE' }));
    await bench.runTo('generate');
    const report = await verifyLedger(nodeCrypto, ledgerAt(bench.folder.ledger));
    expect(report).toMatchObject({ passed: true, findings: [{ id: 'CONTINUITY-13', check: 'ledger.restored' }] });
    // The old disk is now behind the token, and would be refused there too.
    expect(mustFail(await old.freeze({ label: 'HERE' })).policy).toBe('CONTINUITY-2');
  });

  test('leaves a copy that cannot be used without its last entry: CONTINUITY-9', async () => {
    const old = await over(held);
    const media: [string, string] = [folder(), folder()];
    must(await end(old, 'retired', media));
    const bench = await fresh();
    const without = loosened(copyOn(media[0]));
    rmSync(join(without, 'end'), { recursive: true });
    expect(mustFail(await restore(bench, without, old)).policy).toBe('CONTINUITY-9');
  });
});

test('a closed ledger is not restored: CONTINUITY-1', async () => {
  const old = await over(held);
  const media: [string, string] = [folder(), folder()];
  must(await end(old, 'closed', media));
  const bench = await fresh();
  expect(mustFail(await restore(bench, copyOn(media[0]), old)).policy).toBe('CONTINUITY-1');
});

test('an entry after the end of a ledger is found by whoever verifies it: JOURNAL-18', async () => {
  const old = await over(held);
  must(await end(old, 'closed', [folder(), folder()]));
  const ledger = join(folder(), 'ledger');
  mkdirSync(ledger);
  const lines = journal(old.folder.ledger).trimEnd().split('\n');
  const last = JSON.parse(lines.at(-1)!.slice(65)) as { seq: number; prev: string };
  const next = JSON.parse(lines.at(-2)!.slice(65)) as object;
  const keys = { ...next, seq: last.seq + 1, prev: lines.at(-1)!.slice(0, 64) };
  const leaf = JSON.stringify(Object.fromEntries(Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1))));
  const hash = Buffer.from(nodeCrypto.sha256(utf8(`\0${leaf}`))).toString('hex');
  writeFileSync(join(ledger, 'journal.jsonl'), `${lines.join('\n')}\n${hash} ${leaf}\n`);
  const report = await verifyLedger(nodeCrypto, ledgerAt(ledger));
  expect(report.checks.find(({ id }) => id === 'ledger.entries')).toMatchObject({ policy: 'JOURNAL-18' });
});

describe('one ledger after another', () => {
  const succeed = (bench: Bench, from: string, receipts: string[] = []) =>
    bench.h['continuity.succeed']({ from, receipts });
  const agree = (bench: Bench, custodian: string) =>
    bench.h['continuity.approve']({ custodian, passphrase: utf8(PASSPHRASE) });
  const linkOf = async (bench: Bench, before: string) => {
    const report = await verifyLedger(nodeCrypto, ledgerAt(bench.folder.ledger), { before: ledgerAt(before) });
    return { passed: report.passed, link: report.checks.find(({ id }) => id === 'ledger.before') };
  };
  /** Everything that was at the old place, the end included. */
  const whole = (copy: string): string => {
    const to = loosened(copy);
    writeFileSync(join(to, 'ledger', 'journal.jsonl'), journal(join(copy, 'ledger')) + journal(join(copy, 'end')));
    for (const name of readdirSync(join(copy, 'end')).filter((one) => one.endsWith('.note')))
      cpSync(join(copy, 'end', name), join(to, 'ledger', 'checkpoints', name));
    return join(to, 'ledger');
  };

  test('with a new log key, by the word of the old one: the old refuses with CONTINUITY-3, and both verify as a chain', async () => {
    const old = await over(held);
    const media: [string, string] = [folder(), folder()];
    must(await end(old, 'succeeded', media));
    expect(mustFail(await old.freeze({ label: 'HERE' })).policy).toBe('CONTINUITY-3');

    const bench = await fresh();
    const { setup } = must(await succeed(bench, copyOn(media[0])));
    expect(setup.predecessor).toMatchObject({ by: 'log-key', missing: 0, agreed: true });
    await bench.setUp();
    const [first] = bench.entries();
    expect(first).toMatchObject({
      seq: 0,
      type: 'ledger.continued',
      data: { by: 'log-key', approvals: [], missing: 0 },
    });
    expect(bench.entries('genesis.sealed')).toHaveLength(1);
    expect(readdirSync(bench.folder.exports).filter((name) => name.startsWith('continuity-continued-'))).toHaveLength(
      2,
    );
    expect(await linkOf(bench, old.folder.ledger)).toMatchObject({ passed: true, link: { result: 'PASS' } });
    expect(await linkOf(bench, whole(copyOn(media[1])))).toMatchObject({ passed: true, link: { result: 'PASS' } });

    // Another ledger in the old one's place is found; so is the old one without its end.
    expect(await linkOf(bench, join(copyOn(media[0]), 'ledger'))).toMatchObject({ link: { policy: 'CONTINUITY-11' } });
    expect(await linkOf(old, bench.folder.ledger)).toMatchObject({ link: { policy: 'CONTINUITY-11' } });
    must(await bench.freeze());
    await bench.runTo('generate');
  });

  test('after the HSM was lost, by the old quorum: fewer are refused with QUORUM-1, and the bundle verifies', async () => {
    const old = await over(held);
    const { path: copy } = must(await old.h['ledger.export']({}));
    rmSync(join(old.root, 'softhsm', 'tokens'), { recursive: true });
    const bench = await fresh(old);
    const { setup } = must(await succeed(bench, copy));
    expect(setup.predecessor).toMatchObject({ by: 'quorum', required: 2, agreed: false, missing: 0 });
    must(await agree(bench, 'custodian-1'));
    expect(mustFail(await agree(bench, 'custodian-1')).policy).toBe('QUORUM-3');
    expect(mustFail(await agree(bench, 'witness-1')).policy).toBe('QUORUM-4');
    must(await bench.h['setup.chooseRehearsal']({}));
    must(await bench.h['setup.goTo']({ step: 'people' }));
    await bench.enrolAll();
    must(
      await bench.h['setup.setLedger']({
        vaultName: 'Successor',
        required: 2,
        cosign: false,
        profile: 'nist-sp800-57@r5',
        preset: 'general',
      }),
    );
    must(await bench.h['setup.goTo']({ step: 'seal' }));
    expect(mustFail(await bench.h['setup.seal']({})).policy).toBe('QUORUM-1');
    expect(must(await agree(bench, 'custodian-3')).setup.predecessor).toMatchObject({ agreed: true });
    const { pins } = must(await bench.h['setup.seal']({}));
    bench.userPin = new TextDecoder().decode(pins!.userPin);
    expect(await linkOf(bench, join(copy, 'ledger'))).toMatchObject({ passed: true, link: { result: 'PASS' } });
    must(await bench.freeze());
    await bench.runTo();
    expect((await bench.report()).passed).toBe(true);
    // Without an approval that the first entry names, the link does not hold.
    const other = join(folder(), 'ledger');
    cpSync(bench.folder.ledger, other, { recursive: true });
    const { approvals } = bench.entries()[0]!.data as unknown as { approvals: string[] };
    rmSync(join(other, 'blobs', 'sha256', approvals[0]!));
    const report = await verifyLedger(nodeCrypto, ledgerAt(other), { before: ledgerAt(join(copy, 'ledger')) });
    expect(report.checks.find(({ id }) => id === 'ledger.before')).toMatchObject({ policy: 'CONTINUITY-11' });
  });

  test('after the workstation and the HSM were both lost, from an older copy: what a receipt shows to be missing is named for ever, CONTINUITY-12', async () => {
    const old = await over(held);
    const { path: copy } = must(await old.h['ledger.export']({}));
    must(await old.freeze({ label: 'LATER' }));
    await old.runTo('generate');
    const newest = old.view.status.ledger!.sealed;
    const receipt = join(folder(), 'receipt.note');
    cpSync(join(old.folder.ledger, 'checkpoints', `${newest}.note`), receipt);
    const bench = await fresh(old);
    const copied = journal(join(copy, 'ledger')).trimEnd().split('\n').length;
    const { setup } = must(await succeed(bench, copy, [receipt]));
    expect(setup.predecessor).toMatchObject({ by: 'quorum', missing: newest - copied });
    must(await agree(bench, 'custodian-1'));
    must(await agree(bench, 'custodian-2'));
    await bench.setUp();
    const declared = { result: 'NOTE', policy: 'CONTINUITY-12' };
    expect(await linkOf(bench, join(copy, 'ledger'))).toMatchObject({ passed: true, link: declared });
    // Also when nobody brings the old ledger, and when the lost entries turn up.
    const alone = await verifyLedger(nodeCrypto, ledgerAt(bench.folder.ledger));
    expect(alone.checks.find(({ id }) => id === 'ledger.before')).toMatchObject(declared);
    expect(await linkOf(bench, old.folder.ledger)).toMatchObject({ passed: true, link: declared });
  });

  test('is not begun from a closed ledger, CONTINUITY-1, nor after people were enrolled, SETUP-2', async () => {
    const old = await over(held);
    const { path: copy } = must(await old.h['ledger.export']({}));
    const media: [string, string] = [folder(), folder()];
    must(await end(old, 'closed', media));
    const bench = await fresh();
    expect(mustFail(await succeed(bench, copyOn(media[0]))).policy).toBe('CONTINUITY-1');
    await bench.enrolAll();
    expect(mustFail(await succeed(bench, copy)).policy).toBe('SETUP-2');
  });
});
