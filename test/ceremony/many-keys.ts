/**
 * A vault with many keys, by its ledger: intents and results as ceremonies would have written them, many with one fsync, as
 * nobody could make them at a desk. Nothing is on the token; the entries are real and are replayed like all others.
 */
import { generateKeyPairSync } from 'node:crypto';
import { base64, hex } from '../../core/bytes.ts';
import type { Cryptoperiod } from '../../core/ledger/fields.ts';
import type { NewEntry } from '../../core/ledger/event.ts';
import { keyIdOf } from '../../core/lifecycle/replay.ts';
import { expectedOf } from '../../core/lifecycle/template.ts';
import type { Bench } from './bench.ts';
import { must } from './bench.ts';

const SPKI = base64(
  generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'der', type: 'spki' }),
);
const BATCH = 5_000;

const byNobody = (event: NewEntry['event']): NewEntry => ({ event, ceremony: null, actor: { role: 'workstation' } });

/** Keys `KEY-00001` and on. Every tenth is suspended; `periodOf` may give one a cryptoperiod. */
export async function makeKeys(
  bench: Bench,
  count: number,
  periodOf: (n: number) => Cryptoperiod | undefined = () => undefined,
): Promise<void> {
  const { vault } = bench;
  const { profile } = vault.state.keys;
  const read = (label: string, state: 'pre-active' | 'active' | 'suspended') =>
    expectedOf(profile, label, 'ec-p384', { private: state, public: state });
  for (let from = 1; from <= count; from += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, count - from + 1) }, (_, i) => from + i);
    const labels = numbers.map((n) => `KEY-${String(n).padStart(5, '0')}`);
    const intents = async (data: (i: number) => Extract<NewEntry['event'], { type: 'act.intent' }>['data']) =>
      must(await vault.append(labels.map((_, i) => byNobody({ type: 'act.intent', data: data(i) })))).map(({ hash }) =>
        hex(hash),
      );
    const made = await intents((i) => {
      const cryptoperiod = periodOf(numbers[i]!);
      return {
        act: 'key.generate',
        label: labels[i]!,
        mechanism: 'ec-p384',
        token: 'vault',
        ...(cryptoperiod === undefined ? {} : { cryptoperiod }),
      };
    });
    const ids = made.map(keyIdOf);
    must(
      await vault.append(
        made.map((intent, i) =>
          byNobody({
            type: 'act.result',
            data: {
              act: 'key.generate',
              intent,
              outcome: 'committed',
              key: ids[i]!,
              spki: SPKI,
              attributes: read(labels[i]!, 'pre-active'),
            },
          }),
        ),
      ),
    );
    for (const [act, state, takes] of [
      ['key.activate', 'active', () => true],
      ['key.suspend', 'suspended', (n: number) => n % 10 === 0],
    ] as const) {
      const these = numbers.flatMap((n, i) => (takes(n) ? [i] : []));
      const begun = must(
        await vault.append(
          these.map((i) => byNobody({ type: 'act.intent', data: { act, key: ids[i]!, token: 'vault' } })),
        ),
      );
      must(
        await vault.append(
          these.map((i, at) =>
            byNobody({
              type: 'act.result',
              data: {
                act,
                intent: hex(begun[at]!.hash),
                outcome: 'committed',
                key: ids[i]!,
                attributes: read(labels[i]!, state),
                enforced: 'device',
              },
            }),
          ),
        ),
      );
    }
  }
}
