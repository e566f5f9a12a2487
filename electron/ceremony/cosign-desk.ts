/**
 * The desk at which people cosign the head of the ledger and take receipts of it, and over which the requests and
 * answers of off-host witnesses go. A key is opened in the credential host; an answer from elsewhere is judged by the
 * same rules.
 */
import { fromHex, fromUtf8, hex, utf8 } from '../../core/bytes.ts';
import { decideCosign, mayCosign, type Head } from '../../core/ceremony/decide-cosign.ts';
import { decide } from '../../core/ceremony/decide.ts';
import type { EnrolledPerson } from '../../core/ceremony/state.ts';
import { cosignerKey, cosigning, readAnswer, withLines } from '../../core/ledger/cosigner.ts';
import { checkpointText, verifyCheckpoint } from '../../core/ledger/note.ts';
import { formatConsistencyFile } from '../../core/ledger/proof.ts';
import { readReceipt, receiptText, withSignaturesOf } from '../../core/ledger/receipt.ts';
import type { LedgerCheck } from '../../core/ledger/report.ts';
import { fail, ok, type Failure, type Result } from '../../core/result.ts';
import { refusal } from '../../core/rules.ts';
import type { Input } from '../../contract/schema.ts';
import { readReceiptsOn, writeOnMedium } from '../custody/receipts.ts';
import { signOnMedium } from '../custody/sign-on-medium.ts';
import type { DeskPorts } from './approval-desk.ts';
import { compareReceipt, disagreement } from './kept-receipts.ts';
import { rootIn, type Vault } from './vault.ts';

/** The newest sealed head, with its note as it is stored. */
export interface SealedHead extends Head {
  readonly note: string;
}

/** What a person takes home, ready to be printed. */
export interface Receipt {
  readonly person: EnrolledPerson;
  readonly head: SealedHead;
  /** The text file. */
  readonly text: string;
  /** What stands in the code: the head with the signatures of the log and of this person. */
  readonly code: string;
}

/** A line of a known person over a checkpoint of this ledger. */
interface Line {
  readonly person: string;
  readonly head: SealedHead;
  readonly line: string;
  readonly signedOn: 'ceremony-workstation' | 'off-host';
}

export class CosignDesk {
  constructor(
    private readonly vault: Vault,
    private readonly ports: DeskPorts,
  ) {}

  get head(): SealedHead | null {
    const { journal } = this.vault;
    const newest = journal.latestCheckpoint();
    return newest && { size: newest.size, root: rootIn(newest.note), note: newest.note };
  }

  #folder({ medium }: EnrolledPerson): string {
    return this.ports.mediumOf(medium);
  }

  async #refused(error: Failure, command: string, person?: string): Promise<Result<never>> {
    await this.vault.refused(error, command, { person });
    return fail(error);
  }

  /** Signs the head that is on the screen with the key of the person whose medium is inserted. */
  async cosign({ person: id, size, root, passphrase }: Input<'cosign.sign'>): Promise<Result<null>> {
    const refused = (error: Failure) => this.#refused(error, 'cosign.sign', id);
    const { crypto, credentials } = this.ports;
    const { head } = this;
    if (head?.size !== size || head.root !== root) return refused(refusal('COSIGN-6'));
    const enrolled = this.vault.state.people.get(id);
    const brought = enrolled ? await this.#brought(enrolled) : [];
    const may = mayCosign(this.vault.state, id, head, { rootAt: (at) => this.vault.rootAt(at) }, brought);
    if (!may.ok) return refused(may.error);
    const person = may.value;
    const key = cosignerKey(crypto, this.vault.origin, person);
    if (!key) return refused(refusal('COSIGN-4', 'The enrolled key is of a kind that cannot cosign.'));
    const text = checkpointText({ origin: this.vault.origin, size, root: fromHex(root)! });
    const { payload, line } = cosigning(key, text, Math.floor(this.vault.facts([]).now / 1000));
    const signed = await signOnMedium(credentials, this.#folder(person), person, passphrase, payload);
    if (!signed.ok) return refused(signed.error);
    return this.#record({ person: id, head, line: line(signed.value), signedOn: 'ceremony-workstation' });
  }

  /** Heads of this log on the receipts that lie on the person's medium: what the ledger cannot have forgotten for them. */
  async #brought(person: EnrolledPerson): Promise<Head[]> {
    const { crypto } = this.ports;
    const { logKey } = this.vault;
    const found: Head[] = [];
    for (const { name, bytes } of await readReceiptsOn(this.#folder(person))) {
      const { note } = readReceipt(name, bytes);
      const checkpoint = logKey && (await verifyCheckpoint(crypto, note, logKey));
      if (checkpoint?.ok) found.push({ size: checkpoint.value.size, root: hex(checkpoint.value.root) });
    }
    return found;
  }

  /** Judges a line, records it, and adds it to the stored checkpoint. */
  async #record({ person, head, line, signedOn }: Line): Promise<Result<null>> {
    const { crypto } = this.ports;
    const { vault } = this;
    const enrolled = vault.state.people.get(person);
    const key = enrolled && cosignerKey(crypto, vault.origin, enrolled);
    const text = checkpointText({ origin: vault.origin, size: head.size, root: fromHex(head.root)! });
    const read = key ? await readAnswer(crypto, line, text, [key]) : null;
    const known = read?.ok === true && read.value.length === 1;
    const [, name = '', signature = ''] = line.trimEnd().split(' ');
    const { size, root } = head;
    const command = {
      kind: 'checkpoint.cosign',
      person,
      head: { size, root },
      signedOn,
      name,
      signature,
      signedBy: known ? enrolled!.key : null,
    } as const;
    const decision = decideCosign(vault.state, command, vault.facts([]));
    if (!decision.ok) return this.#refused(decision.error, 'cosign.sign', person);
    const appended = await vault.append(decision.value);
    if (!appended.ok) return appended;
    // The entry is the authority; the note beside the journal is what other tools read.
    return vault.storeHead({ size, note: withLines(head.note, [line]) });
  }

  /** Writes a request to a witness onto their medium: the newest head, and the proof from the head they know. */
  async request({ person: id, old }: Input<'witness.request'>): Promise<Result<{ path: string }>> {
    const { state, journal } = this.vault;
    const person = state.people.get(id);
    const { head } = this;
    if (!person || person.role === 'administrator') return this.#refused(refusal('COSIGN-4'), 'witness.request', id);
    if (!head) return fail({ code: 'not-found', message: 'No head of this ledger is sealed yet.' });
    const last = state.cosignatures.findLast((one) => one.person === id && one.signedOn === 'off-host');
    const oldSize = old ?? last?.size ?? 0;
    if (oldSize > head.size) {
      return fail({
        code: 'bad-input',
        message: `The sealed ledger has ${head.size} entries, fewer than the head of the witness.`,
        hint: 'Have the witness show the receipt of that head here. It tells whether entries are missing.',
      });
    }
    const proof = journal.tree.consistencyProof(oldSize, head.size);
    const text = formatConsistencyFile({ oldSize, proof, checkpoint: head.note });
    return writeOnMedium(this.#folder(person), `witness-request-${oldSize}-${head.size}`, 'txt', utf8(text));
  }

  /** Takes the answer of a witness: signature lines over some sealed head of this ledger. */
  async answer(bytes: Uint8Array): Promise<Result<null>> {
    const { vault } = this;
    const { crypto } = this.ports;
    const answer = fromUtf8(bytes)?.replaceAll('\r\n', '\n').trimEnd();
    const wrong = () => this.#refused(refusal('COSIGN-5'), 'witness.answer');
    if (answer === undefined) return wrong();
    for (const { size, note } of vault.journal.checkpoints().reverse()) {
      const root = rootIn(note);
      const text = checkpointText({ origin: vault.origin, size, root: fromHex(root)! });
      for (const person of vault.state.people.values()) {
        const key = cosignerKey(crypto, vault.origin, person);
        const read = key ? await readAnswer(crypto, `${answer}\n`, text, [key]) : null;
        const [line] = read?.ok ? read.value : [];
        if (!line) continue;
        return this.#record({
          person: person.person,
          head: { size, root, note },
          line: line.line,
          signedOn: 'off-host',
        });
      }
    }
    return wrong();
  }

  /** Puts a receipt of the newest head onto the person's medium and records that they took it. */
  receipt({ person: id }: Input<'receipt.give'>): Result<Receipt> {
    const { state, origin } = this.vault;
    const person = state.people.get(id);
    const { head } = this;
    if (!person) return fail({ code: 'not-found', message: 'This person is not enrolled.' });
    if (!head) return fail({ code: 'not-found', message: 'No head of this ledger is sealed yet.' });
    const now = new Date(this.vault.facts([]).now).toISOString();
    const text = receiptText(
      {
        environment: state.environment,
        vault: state.vaultName,
        holder: person.name,
        role: person.role,
        given: `${now.slice(0, 10)} ${now.slice(11, 19)}`,
      },
      head.note,
    );
    const names = [origin, cosignerKey(this.ports.crypto, origin, person)?.name ?? ''];
    return ok({ person, head, text, code: withSignaturesOf(head.note, names) ?? head.note });
  }

  /** Writes what was made of a receipt, then records it. */
  async given(
    { person, head, text }: Receipt,
    svg: string | null,
  ): Promise<Result<{ text: string; code: string | null }>> {
    const folder = this.#folder(person);
    const written = await writeOnMedium(folder, `receipt-${head.size}`, 'txt', utf8(text));
    if (!written.ok) return written;
    const drawn = svg === null ? null : await writeOnMedium(folder, `receipt-${head.size}`, 'svg', utf8(svg));
    if (drawn?.ok === false) return drawn;
    const { size, root, note } = head;
    const noteSha256 = hex(this.ports.crypto.sha256(utf8(note)));
    const appended = await this.vault.append([
      {
        event: { type: 'receipt.given', data: { person: person.person, size, root, note: noteSha256 } },
        ceremony: this.vault.state.open?.id ?? null,
        actor: { role: person.role, person: person.person },
      },
    ]);
    return appended.ok ? ok({ text: written.value.path, code: drawn?.value.path ?? null }) : appended;
  }

  /**
   * Compares an earlier receipt with the ledger. A `ledger` failure with RECEIPT-1 or -2 ends the use of this ledger; a
   * receipt that this log did not sign says nothing about it and is refused with RECEIPT-3.
   */
  async present(source: string, bytes: Uint8Array): Promise<Result<LedgerCheck>> {
    const { vault } = this;
    const { crypto } = this.ports;
    const { head, check } = await compareReceipt(vault, crypto, source, bytes);
    const disagrees = disagreement(check);
    if (disagrees) return this.#refused(disagrees, 'receipt.present');
    const { size, root } = head.says!;
    const note = hex(crypto.sha256(head.note));
    const appended = await vault.append([
      {
        event: { type: 'receipt.presented', data: { size, root: hex(root), note } },
        ceremony: vault.state.open?.id ?? null,
        actor: { role: 'workstation' },
      },
    ]);
    return appended.ok ? ok(check) : appended;
  }

  /** Nobody shows a receipt: the reason is in the ledger. */
  async skip({ reason }: Input<'receipt.skip'>): Promise<Result<null>> {
    const decision = decide(this.vault.state, { kind: 'receipt.skip', reason }, this.vault.facts([]));
    if (!decision.ok) return this.#refused(decision.error, 'receipt.skip');
    const appended = await this.vault.append(decision.value);
    return appended.ok ? ok(null) : appended;
  }
}
