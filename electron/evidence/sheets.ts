/**
 * The paper: the genesis sheet that everyone signs, and the plan sheet that each custodian holds while comparing.
 * Complete HTML pages without scripts, printed to PDF in a window without rights.
 */
import type { AnchorKind } from '../../core/ledger/fields.ts';
import { digestRows } from '../../core/digest/words.ts';
import type { Genesis } from '../../core/evidence/genesis.ts';
import { cureWords, driftSentence, namesOf, recordWords } from '../../core/inventory/words.ts';
import {
  templateOf,
  type AgreementScript,
  type Fate,
  type OneKeyScript,
  type Plan,
  type RecoveryPlan,
} from '../../core/plan/plan.ts';
import { changeIn, isAgreement, isGenerate } from '../../core/plan/recipes.ts';
import { MECHANISMS } from '../../core/lifecycle/mechanism.ts';
import { profileOf } from '../../core/lifecycle/profiles/index.ts';
import { halvesOf, objectsOf, wordsOf } from '../../core/lifecycle/purpose.ts';
import type { Half } from '../../core/lifecycle/states.ts';

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]!);

const STYLE = `
@page { size: A4; margin: 18mm 16mm }
body { font: 11pt/1.45 "Public Sans", "DejaVu Sans", sans-serif; color: #14171d; margin: 0 }
h1 { font: 600 24pt/1.15 "Source Serif 4", Georgia, serif; margin: 0 0 4mm }
h2 { font-size: 12pt; margin: 7mm 0 2mm; border-bottom: .3mm solid #14171d; padding-bottom: 1mm }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: 1.4mm 3mm 1.4mm 0; border-bottom: .2mm solid #b3bac5; font-weight: 400 }
th { color: #3d4450; white-space: nowrap }
.mono { font-family: "IBM Plex Mono", "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
.digest td { width: 24% } .digest b { font: 500 14pt/1.2 "IBM Plex Mono", "DejaVu Sans Mono", monospace; display: block }
.digest span { font-family: "Source Serif 4", Georgia, serif; font-size: 10pt }
.test { border: .5mm dashed #744900; padding: 2mm 3mm; margin: 0 0 5mm; font-weight: 600 }
.sign td { height: 13mm }
pre.note { font-size: 8pt; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 }
.code svg { width: 72mm; height: 72mm; display: block }
section { break-inside: avoid }
`;

export function page(title: string, environment: string, body: string): string {
  const band =
    environment === 'rehearsal' ? '<p class="test">REHEARSAL. TEST ONLY. Nothing here is a real key.</p>' : '';
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title><style>${STYLE}</style></head><body>${band}<h1>${escape(title)}</h1>${body}</body></html>`;
}

type Row = readonly [name: string, value: string, mono?: boolean];

export const rows = (pairs: readonly Row[]): string =>
  `<table>${pairs.map(([name, value, mono]) => `<tr><th scope="row">${escape(name)}</th><td${mono ? ' class="mono"' : ''}>${escape(value)}</td></tr>`).join('')}</table>`;

/** Rows A to D, four groups each, with the words to read aloud. */
export const digestTable = (sha256: string): string =>
  `<table class="digest">${digestRows(sha256)
    .map(
      ({ row, groups }) =>
        `<tr><th scope="row">${row}</th>${groups.map(({ hex, words }) => `<td><b>${hex}</b><span>${words.map(escape).join(' ')}</span></td>`).join('')}</tr>`,
    )
    .join('')}</table>`;

export const signatures = (people: readonly { readonly name: string; readonly role: string }[]): string =>
  `<section><h2>Signatures</h2><table class="sign"><tr><th>Name</th><th>Role</th><th>Signature</th><th>UTC</th></tr>${people
    .map(({ name, role }) => `<tr><td>${escape(name)}</td><td>${escape(role)}</td><td></td><td></td></tr>`)
    .join('')}</table></section>`;

/** What the genesis sheet says of the anchor. */
const HEADS: Readonly<Record<AnchorKind, string>> = {
  private: 'Kept as a data object that is seen after a login, and compared at every login.',
  public: 'Kept as a data object that anyone at the token sees, and compared at every start.',
  unavailable: 'Anchor: unavailable. Only cosignatures and receipts show that the disk was set back.',
};

/** @param sha256 Of `genesis.json`, hex. */
export function genesisSheet(genesis: Genesis, sha256: string): string {
  const thresholds = genesis.policy.rules.map(
    ({ action, all }) =>
      [`To ${action}`, all.map(({ of, required }) => `${required} of the group ${of}`).join(' and ')] as const,
  );
  const people = genesis.people
    .map(
      ({ name, role, person, key }) =>
        `<tr><td>${escape(name)}</td><td>${escape(role)}</td><td>${escape(person)}</td><td class="mono">${key.match(/.{4}/g)!.join(' ')}</td></tr>`,
    )
    .join('');
  const body = `
<p>Signed by everyone named here, after each person’s identity was checked by a witness. The file genesis.json says the same; a verifier needs it, from another hand than the one that brings the bundle.</p>
<section><h2>Digest of genesis.json, SHA-256</h2>${digestTable(sha256)}</section>
<section><h2>Vault</h2>${rows([
    ['Name', genesis.vault.name],
    ['Id', genesis.vault.id, true],
    ['Begun', genesis.created, true],
    ['Ledger origin', genesis.origin, true],
    ['Log key', genesis.logKey.vkey, true],
    ['Lifecycle profile', `${profileOf(genesis.profile).title} (${genesis.profile})`],
    ['Head on the token', HEADS[genesis.anchor ?? 'unavailable']],
    ['Token', `${genesis.hsm.label}, serial ${genesis.hsm.serial}, ${genesis.hsm.manufacturer} ${genesis.hsm.model}`],
    ['Module file, SHA-256', genesis.hsm.librarySha256, true],
    ['PIN custody', 'operator-pin: one person types the PIN. The quorum is enforced by software, not by the device.'],
  ])}</section>
<section><h2>Operator root, SHA-256 of the certificate</h2>${digestTable(genesis.operatorRoot.sha256)}</section>
<section><h2>Policy</h2>${rows([...thresholds, ['Digest', genesis.policySha256, true]])}</section>
<section><h2>People and the fingerprints of their keys</h2><table><tr><th>Name</th><th>Role</th><th>Id</th><th>Fingerprint, SHA-256</th></tr>${people}</table></section>
${signatures(genesis.people)}`;
  return page('Genesis sheet', genesis.environment, body);
}

/** @param svg The code, made by receipt-code.ts from the note alone; null where the note is too long for one. */
export function receiptSheet(
  words: { readonly environment: string; readonly vault: string; readonly holder: string; readonly role: string },
  head: { readonly size: number; readonly root: string; readonly note: string },
  svg: string | null,
): string {
  const body = `
<p>Taken home by ${escape(words.holder)}, ${escape(words.role)}. Keep it away from the workstation. Shown later, it tells whether the ledger still begins with these ${head.size} entries. It says nothing about entries that came later, or about whether the entries are true.</p>
<section><h2>Root of ${head.size} entries, SHA-256</h2>${digestTable(head.root)}</section>
<section><h2>Vault</h2>${rows([
    ['Name', words.vault],
    ['Entries', String(head.size)],
  ])}</section>
<section><h2>The signed head</h2><pre class="note mono">${escape(head.note)}</pre></section>
${svg === null ? '' : `<section class="code"><h2>The same for a machine</h2>${svg}<p>The head with the signatures of the log and of ${escape(words.holder)}, where they cosigned it.</p></section>`}
${signatures([{ name: words.holder, role: words.role }])}`;
  return page('Receipt of the ledger', words.environment, body);
}

const keyRows = ({ label, mechanism, purpose }: OneKeyScript['key']): Row[] => [
  ['Label', label, true],
  ['Kind', `${MECHANISMS[mechanism].name}, ${wordsOf(purpose, mechanism)}`],
];

const agreementRows = ({ title, reason, items, recipe }: AgreementScript): Row[] => [
  ['Change', title],
  ['Reason', reason],
  ...items.map(({ finding, label }, i): Row => {
    const cure = (recipe === 'sync-hsm@1' ? cureWords(finding) : null) ?? recordWords(finding);
    return [`${i + 1}. ${finding.id}`, `${driftSentence(finding, namesOf(finding, label))} ${cure}.`];
  }),
];

const FATES: Readonly<Record<Fate, string>> = {
  keep: 'it stays as it is',
  suspend: 'it is suspended',
  deactivate: 'it is deactivated',
  destroy: 'it is destroyed',
};

const RECOVERY = {
  none: 'none.',
  'vendor-clone': 'a clone made with the maker’s own tool.',
} as const satisfies Record<RecoveryPlan['kind'], string>;

export function planSheet(plan: Plan, sha256: string): string {
  const { script, subject } = plan;
  const { steps } = script;
  const template = templateOf(plan, changeIn(script) ?? 'generate')?.template;
  const set = (half: Half): string =>
    (template?.[half] ?? []).map(({ name, value }) => `${name} ${String(value)}`).join(', ') || 'none';
  const attributes: readonly Row[] = isAgreement(script)
    ? []
    : halvesOf(objectsOf(script.key.purpose, script.key.mechanism)!)
        .filter((half) => half !== 'public' || !isGenerate(script))
        .map((half) => [`Attributes of the ${half} key`, set(half), true] as const);
  const purpose: readonly Row[] = isAgreement(script)
    ? agreementRows(script)
    : isGenerate(script)
      ? [
          ['Purpose', script.key.purpose],
          ['State at the end', script.key.initialState],
          ['Recovery', `${RECOVERY[script.key.recovery.kind]} ${script.key.recovery.reason}`],
          ...(script.recipe === 'rotate-key@1'
            ? ([
                ['Follows the key', script.predecessor.label, true],
                ['CKA_ID of that key', subject?.key ?? '', true],
                ['What becomes of it', FATES[script.predecessor.fate]],
                ['Reason', script.reason],
              ] as const)
            : []),
        ]
      : [
          ['Change', script.title],
          ['Reason', script.reason],
          ...(script.recipe === 'report-compromise@1'
            ? ([
                ['Believed since', script.compromise.believed, true],
                ['Kind of compromise', script.compromise.reason],
              ] as const)
            : []),
          ...(script.recipe === 'change-label@1' ? [['New label', script.newLabel, true] as const] : []),
          ...(script.recipe === 'set-cryptoperiod@1'
            ? [
                ['Originator use ends', script.cryptoperiod.originatorEnd, true] as const,
                ['Recipient use ends', script.cryptoperiod.recipientEnd ?? 'not set', true] as const,
              ]
            : []),
          ...(script.recipe === 'schedule-destruction@1' ? [['Waiting time', `${script.hold} days`] as const] : []),
          ['CKA_ID', subject?.key ?? '', true],
          ...(subject?.spkiSha256 === undefined ? [] : [['Public key, SHA-256', subject.spkiSha256, true] as const]),
        ];
  const body = `
<p>Compare the digest with the screen, row by row, from this paper. The workstation asks for two groups: type them from here.</p>
<section><h2>Digest of plan ${escape(plan.ceremony)}, SHA-256</h2>${digestTable(sha256)}</section>
<section><h2>${isGenerate(script) ? 'What will be made' : 'What will be changed'}</h2>${rows([
    ...(isAgreement(script) ? [] : keyRows(script.key)),
    ...purpose,
    ...attributes,
    ['Token', `${plan.hsm.label}, serial ${plan.hsm.serial}`],
    ['Valid until', plan.expires, true],
    ['Script, SHA-256', plan.scriptSha256, true],
    ['Policy, SHA-256', plan.policySha256, true],
  ])}</section>
<section><h2>Script</h2><table><tr><th>Step</th><th>Activity</th><th>Initials</th><th>UTC</th></tr>${steps
    .map(({ title }, i) => `<tr><td>${i + 1}</td><td>${escape(title)}</td><td></td><td></td></tr>`)
    .join('')}</table></section>
${signatures(plan.people)}`;
  return page(`Plan ${plan.ceremony}: ${plan.script.title}`, plan.environment, body);
}
