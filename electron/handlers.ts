/** One handler for every method of the contract. Inputs were parsed before they come here. */
import { basename, join } from 'node:path';
import { MAX_RECEIPT_BYTES } from '../core/ledger/receipt.ts';
import { utf8 } from '../core/bytes.ts';
import { calendar } from '../core/lifecycle/calendar.ts';
import { ok, type Result } from '../core/result.ts';
import { refuse } from '../core/rules.ts';
import type { Handlers } from './application-ports.ts';
import type { ConclaveApplication } from './application.ts';
import type { CosignDesk } from './ceremony/cosign-desk.ts';
import type { Engine } from './ceremony/engine.ts';
import { readMediumFile } from './custody/media.ts';
import { listBundles, writeNewFile } from './evidence/bundles.ts';
import { planSheet } from './evidence/sheets.ts';
import { giveReceipt, presentReceipt } from './receipts.ts';
import type { OpenVault } from './open-vault.ts';
import type { SetupDraft } from './setup/draft.ts';
import { keyDetail } from './view/key-detail.ts';
import { calendarKeys, keyPage } from './view/key-list.ts';
import { drifted } from './view/agreement-view.ts';
import { proofView } from './view/ledger-report.ts';
import { verifyBundleAt, verifyLedger } from './verify.ts';

export function handlersOf(app: ConclaveApplication): Handlers {
  const { ports, setUp } = app;
  const { crypto, folder } = ports;
  const snapshot = () => ok(app.snapshot());
  const engine = (run: (engine: Engine) => Promise<Result<unknown>>) => app.after((open) => run(open.engine));
  const inVault = async <T>(run: (open: OpenVault) => Result<T> | Promise<Result<T>>): Promise<Result<T>> => {
    const open = app.needVault();
    return open.ok ? run(open.value) : open;
  };
  const desk = (run: (desk: CosignDesk) => Promise<Result<unknown>>) => engine((it) => it.cosigning(run));
  /** What is done with a small file that a person chooses; null where they choose none. */
  const chosen = async <T>(
    title: string,
    use: (bytes: Uint8Array, path: string) => Promise<Result<T>>,
  ): Promise<Result<T | null>> => {
    const open = app.needVault();
    if (!open.ok) return open;
    const path = await ports.chooseFile(title, ['txt', 'note']);
    if (path === null) return ok(null);
    const bytes = await readMediumFile(path, MAX_RECEIPT_BYTES, 'file');
    return bytes.ok ? use(bytes.value, path) : bytes;
  };
  /** What belongs to the set-up, refused once there is a vault. */
  const settingUp = async (run: () => Result<unknown> | Promise<Result<unknown>>) => {
    const may = app.maySetUp();
    const done = may.ok ? await run() : may;
    return done.ok ? snapshot() : done;
  };
  const draft = (change: (draft: SetupDraft) => Result<unknown>) => settingUp(() => setUp.change(change));

  return {
    'app.snapshot': () => Promise.resolve(snapshot()),
    'notice.dismiss': ({ id }) => {
      app.dismiss(id);
      return Promise.resolve(snapshot());
    },

    'setup.inspectModule': async ({ library }) => ok(await setUp.inspect(library)),
    'setup.browseModule': async () => {
      const path = await ports.chooseFile('Choose a PKCS#11 module', ['so', 'dylib', 'dll']);
      return ok(path === null ? null : await setUp.inspect(path));
    },
    'setup.chooseRehearsal': () => draft((it) => ok((it.choice = { kind: 'rehearsal' }))),
    'setup.chooseToken': ({ library, token, root }) =>
      draft((it) => {
        if (token.serial === root.serial) return refuse('SETUP-3');
        return ok((it.choice = { kind: 'token', library, ...token, root }));
      }),
    'setup.enrol': (input) => settingUp(() => setUp.enrol(input)),
    'setup.removePerson': ({ person }) => draft((it) => ok(it.remove(person))),
    'setup.setLedger': (input) => draft((it) => it.setLedger(input)),
    'setup.goTo': ({ step }) => draft((it) => ok((it.step = step))),
    'setup.discardUnfinished': () => settingUp(() => setUp.discard()),
    'setup.seal': (input) => app.seal(input),

    'keys.page': (input) =>
      inVault(({ vault }) => {
        const { keys, agreement } = vault.state;
        return ok(keyPage(keys, vault.facts([]).now, input, drifted(agreement)));
      }),
    'keys.detail': ({ key }) => inVault(({ vault }) => keyDetail(crypto, vault, key, vault.facts([]).now)),
    'keys.calendar': () =>
      inVault(async ({ vault }) => {
        const { vault: begun, vaultName, keys } = vault.state;
        const now = ports.clock.now().wall;
        const file = calendar(calendarKeys(keys), { id: begun?.vault ?? '', name: vaultName }, now);
        const written = await writeNewFile(folder.exports, `cryptoperiods-${now.slice(0, 10)}.ics`, utf8(file));
        return written.ok ? ok({ path: written.value }) : written;
      }),

    'plan.options': () => inVault(({ engine: it }) => it.planOptions()),
    'plan.freeze': (input) => engine((it) => it.freeze(input)),
    'plan.change': (input) => engine((it) => it.freezeChange(input)),
    'plan.agree': (input) => engine((it) => it.freezeAgreement(input)),
    'ceremony.confirm': (input) => engine((it) => it.confirm(input)),
    'ceremony.challenge': (input) => inVault(({ engine: it }) => it.desk.challenge(input)),
    'ceremony.approve': (input) => engine((it) => it.approve(input)),
    'ceremony.decline': (input) => engine((it) => it.decline(input)),
    'ceremony.login': (input) => engine((it) => it.login(input)),
    'ceremony.recover': (input) => engine((it) => it.recover(input)),
    'ceremony.act': (input) => engine((it) => it.act(input)),
    'ceremony.logout': (input) => engine((it) => it.logout(input)),
    'ceremony.export': (input) =>
      engine(async (it) => {
        const done = await it.export(input);
        if (done.ok) app.bundles.set(done.value.sha256, done.value.path);
        return done;
      }),
    'ceremony.recordException': (input) => engine((it) => it.recordException(input)),
    'ceremony.stop': (input) => engine((it) => it.stop(input)),
    'hsm.abort': () =>
      inVault(({ session }) => {
        session.abort();
        return snapshot();
      }),

    'ledger.stopCheck': () => Promise.resolve(app.stopCheck()),
    'ledger.checkAgain': () => Promise.resolve(app.checkAgain()),
    'ledger.page': (input) => app.page(input),
    'ledger.verify': () => verifyLedger(app),
    'ledger.stopVerify': () => {
      app.verification.stop();
      return Promise.resolve(snapshot());
    },
    'ledger.export': () => app.exportLedger(),
    'ledger.proof': ({ seq }) => inVault(({ vault }) => proofView(crypto, vault, seq)),

    'clock.read': (input) => engine((it) => it.readClock(input)),
    'inventory.take': (input) => engine((it) => it.takeInventory(input)),
    'inventory.probe': (input) => engine((it) => it.probeKey(input)),
    'inventory.stop': () =>
      inVault(({ engine: it }) => {
        it.agreement.stop();
        return snapshot();
      }),
    'continuity.end': (input) => app.endLedger(input),
    'continuity.lookAtCopy': (input) => app.lookAtCopy(input),
    'continuity.restore': (input) => app.restoreLedger(input),

    'continuity.succeed': async (input) => {
      const may = app.maySetUp();
      const done = may.ok ? await setUp.succeed(input) : may;
      return done.ok ? snapshot() : done;
    },
    'continuity.approve': async (input) => {
      const may = app.maySetUp();
      const done = may.ok ? await setUp.approveSuccession(input) : may;
      input.passphrase.fill(0);
      return done.ok ? snapshot() : done;
    },
    'cosign.sign': (input) => engine((it) => it.cosigning((desk) => desk.cosign(input), input.passphrase)),
    'witness.request': (input) => inVault(({ engine: it }) => it.cosigning((desk) => desk.request(input))),
    'witness.answer': () => chosen('Choose the answer of a witness', (bytes) => desk((it) => it.answer(bytes))),
    'receipt.give': (input) => inVault((open) => giveReceipt(app, open, input)),
    'receipt.present': () =>
      chosen('Choose an earlier receipt', (bytes, path) => presentReceipt(app, basename(path), bytes)),
    'receipt.skip': (input) => desk((it) => it.skip(input)),

    'evidence.list': () => inVault(async ({ vault }) => ok(await listBundles(crypto, vault, folder.exports))),
    'evidence.verify': ({ name }) => verifyBundleAt(app, join(folder.exports, name)),
    'evidence.browse': async () => {
      const path = await ports.chooseFile('Choose an attestation bundle', ['zip']);
      return path === null ? ok(null) : verifyBundleAt(app, path);
    },

    'print.genesis': () => app.printGenesis(),
    'print.plan': () =>
      inVault(({ vault }) => {
        const ceremony = vault.state.open;
        if (!ceremony) return refuse('STEP-5');
        return app.print(`plan-${ceremony.id}.pdf`, planSheet(ceremony.plan, ceremony.planSha256));
      }),
  };
}
