/** Cosignatures, receipts and witness requests through the whole application: real key files, a real SoftHSM, real files. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { cosignerKey } from '../../core/ledger/cosigner.ts';
import { formatVkey, parseNote, verifyCheckpoint } from '../../core/ledger/note.ts';
import { readReceipt } from '../../core/ledger/receipt.ts';
import { RECEIPT_FINDINGS } from '../../core/ledger/findings.ts';
import { verifyLedger } from '../../core/ledger/verify-ledger.ts';
import { ledgerAt } from '../../standalone/ledger/files.ts';
import { nodeCrypto } from '../../electron/crypto.ts';
import { Bench, copyOf, must, mustFail, passphrase, PASSPHRASE, type Prepared } from './bench.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 240_000 });

const WITNESS = resolve('out/standalone/witness.mjs');

/** A vault whose policy asks for cosignatures, in the middle of its first ceremony and at its last step. */
const at = new Map<string, Prepared>();
let scratch = '';
let open: Bench[] = [];
let choice: string | null = null;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'conclave-cosign-'));
  const bench = await Bench.start();
  await bench.setUp(true);
  must(await bench.freeze());
  for (const step of ['generate', 'close']) {
    await bench.runTo(step);
    if (step === 'close') continue;
    await bench.app.shutdown();
    at.set(step, { root: copyOf(bench.root), userPin: bench.userPin });
    await bench.open();
    must(await bench.login());
  }
  await bench.app.shutdown();
  at.set('close', { root: bench.root, userPin: bench.userPin });
});
afterEach(async () => {
  for (const bench of open) await bench.close();
  open = [];
  choice = null;
});
afterAll(() => {
  for (const { root } of at.values()) rmSync(root, { recursive: true });
  rmSync(scratch, { recursive: true });
});

async function start(step: string): Promise<Bench> {
  const bench = await Bench.over(at.get(step)!, { chooseFile: () => choice });
  open.push(bench);
  return bench;
}

const medium = (bench: Bench, person: string): string =>
  join(bench.folder.media, bench.vault.state.people.get(person)!.medium);
const onMedium = (bench: Bench, person: string, pattern: RegExp): string[] =>
  readdirSync(medium(bench, person))
    .filter((name) => pattern.test(name))
    .map((name) => join(medium(bench, person), name));

const keyOf = (bench: Bench, person: string) =>
  cosignerKey(nodeCrypto, bench.vault.origin, bench.vault.state.people.get(person)!)!;
const newest = (bench: Bench) => bench.vault.journal.latestCheckpoint()!;

/** The ledger's folder by the standalone verifier, with everybody's key. */
async function verified(bench: Bench, receipts: readonly string[] = []) {
  const report = await verifyLedger(nodeCrypto, ledgerAt(bench.folder.ledger), {
    logKey: bench.vault.logKey!,
    cosigners: bench.vault.cosigners,
    receipts: receipts.map((path) => readReceipt(path, new Uint8Array(readFileSync(path)))),
  });
  return report.checks.filter(({ result }) => result === 'FAIL').map(({ policy }) => policy);
}

/** Answers a request on the medium of a person as the off-host tool does. */
function witnessAnswers(bench: Bench, dir: string, request: string, person = 'witness-1'): string {
  const key = onMedium(bench, person, /\.age$/)[0]!;
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [WITNESS, ...args], { encoding: 'utf8', env: {}, input: `${PASSPHRASE}\n` });
  if (!readdirSync(scratch).includes(dir)) {
    const made = run(
      'init',
      join(scratch, dir),
      '--trust',
      bench.folder.genesis,
      '--person',
      person,
      '--key-file',
      key,
    );
    expect([made.status, made.stderr]).toEqual([0, '']);
  }
  const out = join(scratch, `${dir}-${Math.random()}.txt`);
  const { status, stderr } = run('answer', join(scratch, dir), request, '--out', out);
  return status === 0 ? out : stderr;
}

describe('the end of a ceremony whose policy asks for cosignatures', () => {
  test('COSIGN-1: waits for two custodians and a witness, and then closes, verifiably', async () => {
    const bench = await start('close');
    const head = bench.view.cosign!.head!;
    expect(bench.view.ceremony!.ready).toContainEqual({
      ok: false,
      text: 'The head is cosigned by 0 of 2 custodians and 0 of 1 witnesses',
    });
    const refused = mustFail(await bench.h['ceremony.logout']({ step: 'close' }));
    expect(refused).toMatchObject({ policy: 'COSIGN-1', message: expect.stringContaining('Custodians: 0 of 2.') });
    for (const person of ['custodian-1', 'custodian-3']) must(await bench.cosign(person));
    expect(mustFail(await bench.h['ceremony.logout']({ step: 'close' })).policy).toBe('COSIGN-1');
    must(await bench.cosign('witness-1'));
    // Everybody signed the one head that was on the screen.
    expect(bench.view.cosign!.head).toEqual(head);
    must(await bench.h['ceremony.logout']({ step: 'close' }));
    expect(bench.view.ceremony!.outcome).toBe('completed');
    expect(bench.refusals().filter((id) => id === 'COSIGN-1')).toHaveLength(1);

    const note = bench.vault.journal.checkpoints().find(({ size }) => size === head.size)!.note;
    expect(parseNote(note)).toMatchObject({ ok: true, value: { signatures: { length: 4 } } });
    const checked = await verifyCheckpoint(nodeCrypto, note, bench.vault.logKey!, bench.vault.cosigners);
    expect(checked).toMatchObject({ ok: true, value: { signedBy: { length: 4 } } });
    expect(await verified(bench)).toEqual([]);
    const [bundle] = must(await bench.h['evidence.list']({}));
    expect(must(await bench.h['evidence.verify']({ name: bundle!.name })).passed).toBe(true);
    const { checks } = must(await bench.h['ledger.verify']({}));
    expect(checks.find(({ id }) => id === 'ledger.cosignatures')).toMatchObject({
      result: 'PASS',
      found: `Entries 0 to ${head.size - 1} are cosigned by Carl One, Cyd Three, Will Witness.`,
    });
    // What was read from the disk again is what was in memory.
    const before = bench.view.cosign;
    await bench.reopen();
    expect(bench.view.cosign!.people).toEqual(before!.people);
  });

  test('can still be reached after a crash, by a new login', async () => {
    const bench = await start('close');
    expect(bench.view.status.hsm.state).not.toBe('logged-in');
    must(await bench.login());
    for (const person of ['custodian-2', 'custodian-3', 'witness-1']) must(await bench.cosign(person));
    must(await bench.h['ceremony.logout']({ step: 'close' }));
    expect(bench.view.ceremony!.outcome).toBe('completed');
  });

  test('a stop does not wait for anyone', async () => {
    const bench = await start('close');
    must(await bench.h['ceremony.stop']({ reason: 'The witness had to leave.' }));
    expect(bench.view.ceremony!.outcome).toBe('stopped');
  });
});

describe('a cosignature', () => {
  test('CRED-1, COSIGN-3, COSIGN-4, COSIGN-6: is refused by name, recorded, and leaves the note as it was', async () => {
    const bench = await start('generate');
    const { note } = newest(bench);
    const refusal = async (person: string, change = {}) => mustFail(await bench.cosign(person, change)).policy;
    expect(await refusal('custodian-1', { passphrase: passphrase('not the right one') })).toBe('CRED-1');
    expect(await refusal('administrator-1')).toBe('COSIGN-4');
    expect(await refusal('custodian-1', { root: 'ab'.repeat(32) })).toBe('COSIGN-6');
    expect(await refusal('custodian-1', { size: 3 })).toBe('COSIGN-6');
    expect(newest(bench).note).toBe(note);
    must(await bench.cosign('custodian-1'));
    expect(await refusal('custodian-1')).toBe('COSIGN-3');
    expect(bench.refusals()).toEqual(expect.arrayContaining(['CRED-1', 'COSIGN-3', 'COSIGN-4', 'COSIGN-6']));
    expect(bench.view.cosign!.people.find(({ person }) => person === 'custodian-1')).toMatchObject({
      cosigned: { size: newest(bench).size, signedOn: 'ceremony-workstation' },
    });
  });

  test('does not disturb the approvals that were given before it', async () => {
    const bench = await start('generate');
    must(await bench.cosign('custodian-1'));
    must(await bench.h['receipt.give']({ person: 'witness-1' }));
    must(await bench.login());
    must(await bench.act());
    expect(bench.outcomes('key.generate')).toEqual(['act.result committed']);
  });

  test('COSIGN-2: is refused where the person’s own receipt shows that the ledger was set back', async () => {
    const later = await start('close');
    must(await later.h['receipt.give']({ person: 'custodian-1' }));
    const earlier = await start('generate');
    for (const path of onMedium(later, 'custodian-1', /^receipt-\d+\.txt$/))
      cpSync(path, join(medium(earlier, 'custodian-1'), path.split('/').at(-1)!));
    const refused = mustFail(await earlier.cosign('custodian-1'));
    expect(refused).toMatchObject({ policy: 'COSIGN-2', hint: expect.stringContaining('Do not cosign it.') });
    expect(earlier.entries('checkpoint.cosigned')).toEqual([]);
    // Somebody without a receipt cannot know.
    must(await earlier.cosign('custodian-2'));
  });

  test('in the ledger that was not made by the person it names refuses the whole ledger', async () => {
    const bench = await start('close');
    must(await bench.cosign('custodian-1'));
    const { data } = bench.vault.journal.entries().at(-1)!.entry as Extract<
      ReturnType<typeof bench.vault.journal.entries>[number]['entry'],
      { type: 'checkpoint.cosigned' }
    >;
    const forged = { ...data, root: 'ab'.repeat(32) };
    must(
      await bench.vault.journal.append([
        { event: { type: 'checkpoint.cosigned', data: forged }, ceremony: null, actor: { role: 'workstation' } },
      ]),
    );
    await bench.reopen();
    expect(bench.view.refusal).toMatchObject({ policy: 'LEDGER-1', message: expect.stringContaining('cosignature') });
  });
});

describe('an off-host witness', () => {
  test('answers a request on their medium; the answer counts as off-host', async () => {
    const bench = await start('close');
    const { path } = must(await bench.h['witness.request']({ person: 'witness-1' }));
    expect(path.startsWith(medium(bench, 'witness-1'))).toBe(true);
    choice = witnessAnswers(bench, 'w1', path);
    must(await bench.h['witness.answer']({}));
    expect(bench.view.cosign!.people.find(({ person }) => person === 'witness-1')!.cosigned).toMatchObject({
      size: newest(bench).size,
      signedOn: 'off-host',
    });
    for (const person of ['custodian-1', 'custodian-2']) must(await bench.cosign(person));
    must(await bench.h['ceremony.logout']({ step: 'close' }));
    // The next request begins at the head that the witness has, and the one before is answered no more.
    must(await bench.freeze({ label: 'TEST-KEY-2' }));
    await bench.runTo('generate');
    const next = must(await bench.h['witness.request']({ person: 'witness-1' }));
    expect(readFileSync(next.path, 'utf8')).toMatch(/^old [1-9]/);
    expect(witnessAnswers(bench, 'w1', next.path)).toMatch(/\.txt$/);
    expect(witnessAnswers(bench, 'w1', path)).toContain('[WITNESS-3]');
    expect(await verified(bench, [join(scratch, 'w1', `head-${newest(bench).size}.note`)])).toEqual([]);
  });

  test('COSIGN-5: takes no answer of a stranger, nor one for another ledger, nor something else', async () => {
    const bench = await start('close');
    for (const text of ['nothing', '\u2014 witness.example/w9 AAAAAAAAAAAAAAAAAAAA\n', '']) {
      choice = join(scratch, 'odd.txt');
      writeFileSync(choice, text);
      expect(mustFail(await bench.h['witness.answer']({})).policy).toBe('COSIGN-5');
    }
    choice = null;
    expect(must(await bench.h['witness.answer']({}))).toBeNull();
    expect(bench.refusals()).toContain('COSIGN-5');
  });
});

describe('a receipt', () => {
  test('is a text for people and programs, a code and a sheet, and the ledger says who took it', async () => {
    const bench = await start('close');
    must(await bench.cosign('custodian-1'));
    const files = must(await bench.h['receipt.give']({ person: 'custodian-1' }));
    const head = readReceipt(files.text, new Uint8Array(readFileSync(files.text)));
    expect(head.says).toMatchObject({ size: newest(bench).size });
    expect(new TextDecoder().decode(head.note)).toBe(newest(bench).note);
    expect(readFileSync(files.text, 'utf8')).toContain('Carl One, custodian');
    expect(readFileSync(files.code!, 'utf8')).toMatch(/^<svg /);
    // The sheet is printed in the real application; here it is the page that would be.
    const sheet = readFileSync(files.sheet, 'utf8');
    for (const part of ['Receipt of the ledger', 'Carl One', '<svg ', `${bench.vault.origin}/custodian-1`])
      expect(sheet).toContain(part);
    expect(bench.view.cosign!.people.find(({ person }) => person === 'custodian-1')!.receipt).toMatchObject({
      size: files.size,
    });
    expect(await verified(bench, [files.text])).toEqual([]);
    // The application finds it on the medium that is here, when it verifies its own ledger.
    const { checks, limits } = must(await bench.h['ledger.verify']({}));
    const receipt = checks.find(({ id }) => id === 'ledger.receipt')!;
    expect(receipt.result).toBe('PASS');
    expect(receipt.found).toContain('of Carl One');
    expect(receipt.found).toContain(`Cosigned by ${bench.vault.origin}/custodian-1.`);
    expect(limits).toContain('after the newest receipt');
    // A second receipt of the same head overwrites nothing.
    expect(must(await bench.h['receipt.give']({ person: 'custodian-1' })).text).toMatch(/-2\.txt$/);

    const tool = spawnSync(
      process.execPath,
      [
        resolve('out/standalone/ledger.mjs'),
        'verify',
        bench.folder.ledger,
        '--trust',
        bench.folder.genesis,
        '--cosigner',
        formatVkey(keyOf(bench, 'custodian-1')),
        '--receipt',
        files.text,
      ],
      { encoding: 'utf8', env: {} },
    );
    expect(tool.status).toBe(0);
    expect(tool.stdout.replaceAll(/\s+/g, ' ')).toContain(`Cosigned by ${bench.vault.origin}/custodian-1.`);
  });

  test('shown again is compared with the ledger and recorded', async () => {
    const bench = await start('close');
    choice = must(await bench.h['receipt.give']({ person: 'witness-1' })).text;
    await bench.reopen();
    expect(bench.view.cosign!.opening).toBe('asked');
    const shown = must(await bench.h['receipt.present']({}));
    expect(shown!.found).toContain('The root agrees and the log signed it.');
    expect(shown!.doesNotProve).toContain('after the receipt');
    expect(bench.view.cosign!.opening).toBe('presented');
    expect(bench.entries('receipt.presented')).toHaveLength(1);
  });

  test('RECEIPT-1: shows that the whole folder was set back, and ends the use of the ledger', async () => {
    const later = await start('close');
    const { text } = must(await later.h['receipt.give']({ person: 'witness-1' }));
    const earlier = await start('generate');
    choice = text;
    const failure = mustFail(await earlier.h['receipt.present']({}));
    expect(failure).toMatchObject({ policy: 'RECEIPT-1', code: 'ledger' });
    expect(failure.message).toContain(RECEIPT_FINDINGS['RECEIPT-1']);
    expect(earlier.view.phase).toBe('refused');
    expect(earlier.view.refusal).toMatchObject({
      policy: 'RECEIPT-1',
      hint: expect.stringContaining('Keep the receipt'),
    });
    expect(mustFail(await earlier.h['ceremony.stop']({ reason: 'x' })).code).toBe('not-found');
    expect(must(await earlier.h['ledger.export']({})).path).not.toBe('');

    // The next start refuses by the kept receipt, before anything else, and says what it rests on.
    await earlier.reopen();
    expect(earlier.view.refusal).toMatchObject({
      policy: 'RECEIPT-1',
      shown: { checked: expect.stringContaining('a receipt that this log signed') },
    });
    expect(mustFail(await earlier.h['ceremony.stop']({ reason: 'x' })).code).toBe('not-found');

    // With the entries that the receipt speaks of, it agrees, and the vault opens.
    await earlier.app.shutdown();
    await later.app.shutdown();
    rmSync(earlier.folder.ledger, { recursive: true });
    cpSync(later.folder.ledger, earlier.folder.ledger, { recursive: true });
    await earlier.open();
    expect(earlier.view.refusal?.policy).not.toBe('RECEIPT-1');
  });

  test('RECEIPT-2: shows that the history was written anew by somebody who holds the log key', async () => {
    const [one, other] = [await start('generate'), await start('generate')];
    for (const bench of [one, other]) {
      must(
        await bench.h['ceremony.recordException']({ step: 'generate', note: `What was said ${open.indexOf(bench)}.` }),
      );
      must(await bench.login());
    }
    choice = must(await one.h['receipt.give']({ person: 'custodian-1' })).text;
    const failure = mustFail(await other.h['receipt.present']({}));
    expect(failure.policy).toBe('RECEIPT-2');
    expect(other.view.refusal).toMatchObject({ policy: 'RECEIPT-2' });
  });

  test('RECEIPT-3: that this log did not sign says nothing about it; it is refused and recorded', async () => {
    const bench = await start('close');
    const { text } = must(await bench.h['receipt.give']({ person: 'witness-1' }));
    choice = join(scratch, 'changed.txt');
    writeFileSync(
      choice,
      readFileSync(text, 'utf8').replace(/\n(\d+)\n/, (_, n: string) => `\n${Number(n) - 1}\n`),
    );
    expect(mustFail(await bench.h['receipt.present']({})).policy).toBe('RECEIPT-3');
    expect(bench.view.phase).toBe('ready');
    expect(bench.refusals()).toContain('RECEIPT-3');
  });

  test('that nobody shows is a recorded finding with its reason', async () => {
    const bench = await start('close');
    await bench.reopen();
    must(await bench.h['receipt.skip']({ reason: 'The receipts are in the other safe.' }));
    expect(bench.view.cosign!.opening).toBe('skipped');
    expect(bench.entries('receipt.skipped')).toHaveLength(1);
    const journal = readFileSync(join(bench.folder.ledger, 'journal.jsonl'), 'utf8');
    expect(journal).not.toContain('other safe');
    const page = must(await bench.h['ledger.page']({ limit: 5, type: 'receipt.skipped' }));
    expect(page.entries[0]).toMatchObject({ detail: 'The receipts are in the other safe.' });
  });
});
