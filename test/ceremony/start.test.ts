/** What a start finds on disk, and the set-up. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { utf8 } from '../../core/bytes.ts';
import { findSoftHsm } from '../../electron/hsm/rehearsal.ts';
import { Bench, copyOf, must, mustFail, passphrase, prepare, type Prepared } from './bench.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

let prepared: Prepared;
let open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  prepared = await prepare();
});
afterEach(async () => {
  for (const bench of open) await bench.close();
  open = [];
});
afterAll(() => rmSync(prepared.root, { recursive: true }));

async function started(root: string): Promise<Bench> {
  const bench = await Bench.start({ root, userPin: prepared.userPin });
  open.push(bench);
  return bench;
}

const journalOf = (root: string): string => join(root, 'vault', 'ledger', 'journal.jsonl');

/** Digests of all files below the vault's folder, without the lock. */
function contents(root: string): Record<string, string> {
  const vault = join(root, 'vault');
  const files = readdirSync(vault, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.endsWith('/lock'))
      .map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}

/** The application does not use the vault, says why, and leaves everything as it found it. */
async function refusedStart(root: string, policy: RegExp): Promise<Bench> {
  const before = contents(root);
  const bench = await started(root);
  expect(bench.view.phase).toBe('refused');
  expect(bench.view.refusal?.policy).toMatch(policy);
  expect(bench.view.refusal?.message).not.toBe('');
  expect(bench.view.refusal?.hint).not.toBe('');
  mustFail(await bench.freeze());
  expect(contents(root)).toEqual(before);
  return bench;
}

describe('a start on a ledger', () => {
  test('with an unfinished last line goes on without it, keeps it, and records that it did', async () => {
    const root = copyOf(prepared.root);
    appendFileSync(journalOf(root), '0123456789abcdef {"v":1,"seq"');
    const bench = await started(root);
    expect(bench.view.phase).toBe('ready');
    expect(bench.entries('ledger.tail-quarantined')).toHaveLength(1);
    expect(bench.view.notices).toMatchObject([{ tone: 'warn', hint: 'Nothing that was acknowledged is lost.' }]);
    expect(readdirSync(join(bench.folder.ledger, 'quarantine'))).toHaveLength(1);
    must(await bench.freeze());
    await bench.runTo();
    expect((await bench.report()).passed).toBe(true);
  });

  test('with one flipped bit is refused by a JOURNAL rule, and nothing on disk is changed', async () => {
    const root = copyOf(prepared.root);
    const bytes = readFileSync(journalOf(root));
    const at = bytes.indexOf('"seq":3');
    bytes[at + 20]! ^= 1;
    writeFileSync(journalOf(root), bytes);
    await refusedStart(root, /^JOURNAL-\d+$/);
  });

  test('that is shorter than its checkpoint is refused by a JOURNAL rule', async () => {
    const root = copyOf(prepared.root);
    const lines = readFileSync(journalOf(root), 'utf8').split('\n');
    truncateSync(journalOf(root), lines.slice(0, 10).join('\n').length + 1);
    await refusedStart(root, /^JOURNAL-\d+$/);
  });

  test('whose checkpoint was signed by somebody else is refused: JOURNAL-9', async () => {
    const root = copyOf(prepared.root);
    const folder = join(root, 'vault', 'ledger', 'checkpoints');
    const [name] = readdirSync(folder);
    const note = readFileSync(join(folder, name!), 'utf8');
    const at = note.lastIndexOf(' ') + 12;
    const forged = note.slice(0, at) + (note[at] === 'A' ? 'B' : 'A') + note.slice(at + 1);
    writeFileSync(join(folder, name!), forged);
    await refusedStart(root, /^JOURNAL-9$/);
  });

  test('whose entries are gone, with the trust file still there, is refused and not begun anew: LEDGER-1', async () => {
    const root = copyOf(prepared.root);
    rmSync(join(root, 'vault', 'ledger'), { recursive: true });
    const bench = await started(root);
    expect(bench.view.refusal?.policy).toBe('LEDGER-1');
    expect(bench.view.setup.unfinished).toBe(false);
  });

  test('that belongs to another vault than vault.json says is refused: LEDGER-1', async () => {
    const root = copyOf(prepared.root);
    const file = join(root, 'vault', 'vault.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('conclave.example/vault/', 'conclave.example/other/'));
    await refusedStart(root, /^LEDGER-1$/);
  });

  test('that was refused cannot be set up over: SETUP-4, and vault.json stays', async () => {
    const root = copyOf(prepared.root);
    writeFileSync(journalOf(root), 'not a journal\n');
    const bench = await refusedStart(root, /^JOURNAL-\d+$/);
    const before = contents(root);
    for (const refused of [
      bench.h['setup.chooseRehearsal']({}),
      bench.h['setup.enrol']({ role: 'witness', name: 'Eve', passphrase: passphrase() }),
      bench.h['setup.discardUnfinished']({}),
      bench.h['setup.seal']({}),
    ]) {
      expect(mustFail<unknown>(await refused).policy).toBe('SETUP-4');
    }
    expect(contents(root)).toEqual(before);
  });

  test('that another application has open is refused, and the first goes on', async () => {
    const first = await started(copyOf(prepared.root));
    const second = await Bench.start({ root: first.root });
    expect(second.view.phase).toBe('refused');
    expect(second.view.refusal?.message).not.toBe('');
    await second.app.shutdown();
    must(await first.freeze());
  });

  test('with a changed genesis.json says so, restores it from the ledger, and keeps the other', async () => {
    const root = copyOf(prepared.root);
    const path = join(root, 'vault', 'genesis.json');
    const genuine = readFileSync(path, 'utf8');
    const other = genuine.replace('Test vault', 'Evil vault');
    writeFileSync(path, other);
    const bench = await started(root);
    expect(bench.view.phase).toBe('ready');
    expect(bench.view.notices).toMatchObject([{ id: 'genesis', tone: 'warn' }]);
    expect(readFileSync(path, 'utf8')).toBe(genuine);
    const kept = readdirSync(join(root, 'vault')).find((name) => name.startsWith('genesis-replaced-'));
    expect(readFileSync(join(root, 'vault', kept!), 'utf8')).toBe(other);
  });
});

/** Two tokens made by SoftHSM's own tool, and a third slot that is not initialised. */
function ownTokens() {
  const folder = mkdtempSync(join(tmpdir(), 'conclave-own-'));
  mkdirSync(join(folder, 'tokens'));
  const conf = join(folder, 'softhsm2.conf');
  writeFileSync(
    conf,
    `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  const env = { ...process.env, SOFTHSM2_CONF: conf };
  for (const label of ['vault', 'root']) {
    const make = ['--init-token', '--free', '--label', label, '--so-pin', '99998888', '--pin', `1234-${label}`];
    execFileSync('softhsm2-util', make, { env });
  }
  return { folder, conf };
}

describe('a vault on tokens that exist already', () => {
  let tokens: ReturnType<typeof ownTokens>;
  let bench: Bench;
  const pins = (vault = '1234-vault', root = '1234-root') => ({ userPin: utf8(vault), rootUserPin: utf8(root) });

  /** Through the first-run screens to the seal. */
  async function ready(): Promise<void> {
    const library = must(findSoftHsm());
    const { slots } = must(await bench.h['setup.inspectModule']({ library }));
    const token = (label: string) => {
      const { serial } = slots.find((slot) => slot.token?.label === label)!.token!;
      return { label, serial };
    };
    must(await bench.h['setup.chooseToken']({ library, token: token('vault'), root: token('root') }));
    must(await bench.h['setup.goTo']({ step: 'people' }));
    await bench.enrolAll();
    must(
      await bench.h['setup.setLedger']({
        vaultName: 'Own tokens',
        required: 2,
        cosign: false,
        profile: 'nist-sp800-57@r5',
        preset: 'general',
      }),
    );
    must(await bench.h['setup.goTo']({ step: 'seal' }));
  }

  beforeAll(() => {
    tokens = ownTokens();
    // Inherited by every host that this file starts from here on; a rehearsal vault brings its own.
    process.env['SOFTHSM2_CONF'] = tokens.conf;
  });
  afterAll(() => {
    delete process.env['SOFTHSM2_CONF'];
    rmSync(tokens.folder, { recursive: true });
  });

  test('looks at the module, explains an uninitialised token, and refuses one token for both: SETUP-3', async () => {
    bench = await Bench.start({ hsmEnv: { SOFTHSM2_CONF: tokens.conf } });
    open.push(bench);
    const library = must(findSoftHsm());
    const view = must(await bench.h['setup.inspectModule']({ library }));
    expect(view).toMatchObject({ software: true, problem: null });
    expect(view.slots.filter(({ token }) => token?.initialized)).toHaveLength(2);
    const empty = view.slots.find(({ token }) => token && !token.initialized)!;
    expect(empty.problem?.message).toContain('C_GetTokenInfo');
    const { label, serial } = view.slots[0]!.token!;
    const both = await bench.h['setup.chooseToken']({ library, token: { label, serial }, root: { label, serial } });
    expect(mustFail(both).policy).toBe('SETUP-3');

    const missing = must(await bench.h['setup.inspectModule']({ library: '/nowhere/lib.so' }));
    expect(missing.problem?.message).toContain('/nowhere/lib.so');
  });

  test('tries both PINs before anything is written: a wrong one costs a try on its token and not the set-up', async () => {
    bench = await Bench.start({ hsmEnv: { SOFTHSM2_CONF: tokens.conf } });
    open.push(bench);
    await ready();
    expect(mustFail(await bench.h['setup.seal']({})).policy).toBe('SETUP-2');
    for (const [label, wrong] of [
      ['vault', pins('0000-wrong')],
      ['root', pins(undefined, '0000-wrong')],
    ] as const) {
      const failure = mustFail(await bench.h['setup.seal'](wrong));
      expect(failure).toMatchObject({ call: 'C_Login', rv: 'CKR_PIN_INCORRECT' });
      expect(failure.message).toContain(`It was the login to the token ${label}.`);
      expect(failure.hint).toContain('Every wrong PIN counts on its token.');
      expect([...wrong.userPin, ...wrong.rootUserPin].every((byte) => byte === 0)).toBe(true);
      // The host that was told a PIN is gone, whether the token took it or not.
      expect(bench.hsm!.status().state).toBe('ended');
      expect(readdirSync(bench.folder.vault)).toEqual(['ledger']);
      expect(bench.view.setup).toMatchObject({ unfinished: false, step: 'seal', missing: [] });
    }
    expect(bench.view.setup.people).toHaveLength(5);
  });

  test('that fails in its making is an unfinished set-up, which is kept aside and begun anew', async () => {
    bench = await Bench.start({ hsmEnv: { SOFTHSM2_CONF: tokens.conf } });
    open.push(bench);
    await ready();
    // Somebody's object with the label of the log key: a label is never used twice.
    const onToken = (...args: string[]) =>
      execFileSync(
        'pkcs11-tool',
        ['--module', must(findSoftHsm()), '--token-label', 'vault', '--login', '--pin', '1234-vault', ...args],
        { stdio: 'ignore' },
      );
    onToken('--keypairgen', '--key-type', 'EC:prime256v1', '--label', 'conclave-log-key', '--id', '01');
    expect(mustFail(await bench.h['setup.seal'](pins())).policy).toBe('LABEL-1');
    for (const half of ['privkey', 'pubkey']) onToken('--delete-object', '--type', half, '--id', '01');
    expect(bench.view.phase).toBe('first-run');
    expect(bench.view.setup.unfinished).toBe(true);
    expect(mustFail(await bench.h['setup.seal'](pins())).policy).toBe('SETUP-2');

    // Found again by the next start.
    await bench.reopen();
    expect(bench.view.phase).toBe('first-run');
    expect(bench.view.setup.unfinished).toBe(true);
    must(await bench.h['setup.discardUnfinished']({}));
    const aside = readdirSync(bench.root).filter((name) => name.startsWith('unfinished-'));
    expect(aside.map((name) => name.replace(/-\d.*/, '')).sort()).toEqual(['unfinished-softhsm', 'unfinished-vault']);
    expect(bench.view.setup).toMatchObject({ unfinished: false, people: [] });

    await ready();
    const sealed = must(await bench.h['setup.seal'](pins()));
    expect(sealed.pins).toBeNull();
    expect(bench.view.phase).toBe('ready');
    bench.userPin = '1234-vault';
    must(await bench.freeze());
    await bench.runTo();
    expect((await bench.report()).passed).toBe(true);
  });
});

describe('a set-up', () => {
  test('gives two people that are enrolled at once no common place', async () => {
    const bench = await Bench.start();
    open.push(bench);
    const enrol = (name: string) => bench.h['setup.enrol']({ role: 'custodian', name, passphrase: passphrase() });
    const both = await Promise.all([enrol('First'), enrol('Second')]);
    expect(both.map(({ ok }) => ok)).toEqual([true, false]);
    must(await enrol('Second'));
    expect(bench.view.setup.people.map(({ person }) => person)).toEqual(['custodian-1', 'custodian-2']);
    expect(mustFail(await enrol('second')).policy).toBe('ROLE-1');
  });

  test('is done once: SETUP-4', async () => {
    const bench = await started(copyOf(prepared.root));
    expect(mustFail(await bench.h['setup.chooseRehearsal']({})).policy).toBe('SETUP-4');
    expect(mustFail(await bench.h['setup.seal']({})).policy).toBe('SETUP-4');
  });
});
