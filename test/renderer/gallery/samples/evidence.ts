import { CHANGE_LIMITS, CHANGE_NOT_PROVEN } from '../../../../core/evidence/statement.ts';
import { notFound } from '../../../../core/plan/destroy-key.ts';
import { FINGERPRINT } from './status.ts';
import type { EvidenceView } from '../../../../renderer/screens/evidence/view.ts';

const BUNDLE = '70227df773be70cb45a596e932521c3540aeaeec6df603ff67f8834063ae5595';

const file = (name: string, size: string, good = true) => ({ name, size, good });
const pass = (id: string, name: string, proves: string, provesNot: string) =>
  ({ id, verdict: 'pass', name, proves, provesNot }) as const;

export const evidence: EvidenceView = {
  reading: false,
  bundles: [
    { id: BUNDLE, name: 'CER-2026-014.zip', detail: 'CER-2026-014, 2026-03-18 10:14:00 UTC' },
    { id: FINGERPRINT, name: 'CER-2026-009.zip', detail: 'CER-2026-009, 2026-02-24 11:40:12 UTC' },
  ],
  chosen: {
    id: BUNDLE,
    name: 'CER-2026-014.zip',
    ceremony: 'CER-2026-014',
    exported: '2026-03-18 10:14:00 UTC',
    size: '436 KB',
    path: '/home/conclave/exports/CER-2026-014.zip',
    listed: true,
    files: [
      file('manifest.json', '3 KB'),
      file('ledger/entries-168-203.jsonl', '22 KB'),
      file('ledger/checkpoint-203.txt', '1 KB'),
      file('ledger/proofs.json', '14 KB'),
      file('keys/ALD-CS-2026-A.pub.pem', '1 KB'),
      file('keys/attributes.json', '2 KB'),
      file('approvals/plan-014.json', '5 KB'),
      file('report/ceremony-report.pdf', '388 KB', false),
      file('recording/cameras.sha256', '1 KB'),
      file('VERIFY.md', '4 KB'),
    ],
  },
  report: {
    good: false,
    testOnly: false,
    verdicts: [
      { title: 'Integrity', text: 'The parts of this bundle do not belong together, or were changed.', good: false },
      { title: 'Origin', text: 'The signatures lead to the operator root.', good: true },
      { title: 'Key protection', text: 'Nothing is said about a key whose bundle is not whole.', good: false },
    ],
    title: 'Do not rely on this bundle yet',
    summary: '1 failed, 1 not checked, 7 passed. Run offline, 2026-03-20 08:31:07 UTC.',
    checks: [
      {
        id: 'files',
        verdict: 'fail',
        name: 'Files match the manifest',
        proves: '1 of 9 files differs:',
        provesNot: 'Which of the two was changed, or by whom. The other eight files match.',
      },
      {
        id: 'maker',
        verdict: 'not-checked',
        name: 'HSM maker’s attestation',
        proves: 'Nothing. This HSM supplied no signed attestation.',
        provesNot: 'That the device is genuine. This rests on step 3 and the witnesses.',
      },
      pass(
        'manifest',
        'Manifest signature',
        'The attestation key signed this manifest.',
        'Who sat at the workstation when it signed.',
      ),
      pass(
        'chain',
        'Entry chain, 168 to 203',
        'No entry in this range was added, dropped or moved.',
        'That everything done in the room was entered.',
      ),
      pass(
        'inclusion',
        'Inclusion in checkpoint 203',
        'All 36 entries are in the ledger with root e50b f434.',
        'That no second ledger exists. Compare roots.',
      ),
      pass(
        'cosignatures',
        'Cosignatures, 2 of 2',
        'A. de Vries and S. Brandt signed this root.',
        'That they read each entry before signing.',
      ),
      pass(
        'quorum',
        'Quorum, 2 of 3',
        'Cards 1 and 2 signed this exact plan.',
        'That each card was held by its owner.',
      ),
      pass(
        'attributes',
        'Key attributes',
        'The HSM reported 14 of 14 values as planned.',
        'More than the HSM’s own word for it.',
      ),
      pass(
        'signature',
        'Test signature',
        'The private key for this public key was in use at 09:55.',
        'That no other copy of it exists.',
      ),
    ],
    change: {
      acts: [
        {
          name: 'Deactivate the key',
          moves: [
            { object: 'Private key', before: 'active', after: 'destroyed' },
            { object: 'Public key', before: 'active', after: 'deactivated' },
          ],
          facts: [
            { name: 'Kept', text: 'By procedure, not by the device.', warn: true },
            { name: 'The token answered', text: 'C_SetAttributeValue: CKR_ATTRIBUTE_READ_ONLY', warn: true },
            { name: 'Destroyed', text: notFound('none'), warn: false },
          ],
        },
      ],
      reason: 'The cryptoperiod of 2026 has ended.',
      notProven: [...CHANGE_NOT_PROVEN, CHANGE_LIMITS.procedure, CHANGE_LIMITS.gone],
    },
    next: 'ask the exporter for a fresh copy and compare its bundle digest. VERIFY.md repeats these checks without this program.',
  },
};
