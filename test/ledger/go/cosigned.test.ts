/** The Go verifier and ours on heads that people and witnesses have cosigned, good and bad. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { rootOf } from '../../../core/ledger/merkle.ts';
import { nodeCrypto as crypto } from '../../../standalone/crypto.ts';
import { verifyLedger } from '../../../core/ledger/verify-ledger.ts';
import { ledgerAt } from '../../../standalone/ledger/files.ts';
import { buildGoVerifier, goVerifier } from './build.ts';
import { cosigner, head, ORIGIN, sealedLedger, signer, SIGNERS } from './logs.ts';

let binary = '';
beforeAll(() => {
  binary = buildGoVerifier();
}, 120_000);

const log = SIGNERS['ECDSA P-256 (0x02)']!;
const note = (dir: string, text: string): void => writeFileSync(join(dir, 'checkpoints/12.note'), text);

/** The custodian's is cosignature/v1, the card's ECDSA on P-256. */
const custodian = cosigner(`${ORIGIN}/custodian-1`);
const card = signer('ecdsa', generateKeyPairSync('ec', { namedCurve: 'P-256' }), `${ORIGIN}/witness-1`);

describe('the Go verifier and ours', () => {
  it('agree on heads with cosignatures, good and bad, of key files and of cards', async () => {
    const { dir, hashes } = await sealedLedger(log);
    const root = rootOf(crypto, hashes);
    const known = [custodian, card];
    const good = head(12, root, [log, ...known]);
    const shifted = (text: string, byte: number) => {
      const [at, line] = [text.indexOf(custodian.key.name), custodian.line(text.slice(0, text.indexOf('\n\n') + 1))];
      expect(at).toBeGreaterThan(0);
      const bytes = Buffer.from(line.trimEnd().split(' ')[2]!, 'base64');
      bytes[byte]! ^= 1;
      return text.replace(line, `\u2014 ${custodian.key.name} ${bytes.toString('base64')}\n`);
    };
    const asPlain = signer('ed25519', generateKeyPairSync('ed25519'), custodian.key.name);
    const cases: readonly (readonly [what: string, note: string, right: boolean])[] = [
      ['both', good, true],
      ['a stranger besides', head(12, root, [log, ...known, cosigner('stranger.example')]), true],
      ['the time changed', shifted(good, 11), false],
      ['the signature changed', shifted(good, 75), false],
      ['another key id', shifted(good, 0), true],
      ['the cosignature of another head', head(12, root, [log]) + custodian.line(head(11, root, [])), false],
      ['the cosignature of the card over another head', head(12, root, [log]) + card.line('other\n'), false],
      ['a plain signature under the name', head(12, root, [log, asPlain]), true],
      ['cosigners and no log', head(12, root, known), false],
    ];
    for (const [what, text, right] of cases) {
      note(dir, text);
      const answer = goVerifier(binary, ['ledger', dir, log.vkey, custodian.vkey, card.vkey]);
      const report = await verifyLedger(crypto, ledgerAt(dir), {
        logKey: log.key,
        cosigners: known.map(({ key }) => key),
      });
      expect([what, answer.startsWith('OK'), report.passed]).toEqual([what, right, right]);
    }
    note(dir, shifted(good, 11));
    const keys = [log.vkey, custodian.vkey, card.vkey];
    expect(goVerifier(binary, ['ledger', dir, ...keys], 'cosignature-time')).toMatch(/^OK /);
  });
});
