import { createPublicKey, sign, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { base64, fromBase64, fromHex } from '../../../core/bytes.ts';
import {
  cosignaturesDue,
  lastSeen,
  mayCosign,
  notCosigned,
  type CosignCommand,
  type Head,
} from '../../../core/ceremony/decide-cosign.ts';
import { cosignerKey, cosigning } from '../../../core/ledger/cosigner.ts';
import { checkpointText } from '../../../core/ledger/note.ts';
import { undisturbed } from '../../../core/quorum/bind.ts';
import { nodeCrypto as crypto } from '../../../electron/crypto.ts';
import { member, type Member } from './member.ts';
import { ruleOf, World } from './world.ts';

const ORIGIN = 'conclave.example/vault/test';

const headOf = (world: World, size = world.lines.length): Head => ({ size, root: world.roots[size]! });

/** A cosignature as it arrives: really signed by `signer`, judged by the key that the claimed person enrolled. */
function cosigned(world: World, person: string, head = headOf(world), signer: Member = member(person)): CosignCommand {
  const key = cosignerKey(crypto, ORIGIN, signer)!;
  const text = checkpointText({ origin: ORIGIN, size: head.size, root: fromHex(head.root)! });
  const { payload, line } = cosigning(key, text, Math.floor(world.now / 1000));
  const signature = new Uint8Array(sign(null, payload, signer.privateKey));
  const claimed = world.state.people.get(person);
  const good =
    claimed !== undefined &&
    verify(
      null,
      payload,
      createPublicKey({ key: Buffer.from(fromBase64(claimed.spki)!), format: 'der', type: 'spki' }),
      signature,
    );
  return {
    kind: 'checkpoint.cosign',
    person,
    head,
    signedOn: 'ceremony-workstation',
    name: key.name,
    signature: line(signature).trimEnd().split(' ')[2]!,
    signedBy: good ? claimed.key : null,
  };
}

const cosign = (world: World, ...people: string[]): World => {
  const head = headOf(world);
  for (const person of people) world.do(cosigned(world, person, head));
  return world;
};

const MEMBERS = ['administrator-1', 'custodian-1', 'custodian-2', 'custodian-3', 'witness-1', 'auditor-1'];
const ready = (options: Parameters<typeof World.ready>[0] = {}) =>
  World.ready({ members: MEMBERS.map((id) => member(id)), ...options });

/** A vault whose token keeps no head. */
function withoutAnchor(options: Parameters<typeof World.ready>[0] = {}): World {
  const world = ready(options);
  world.add({ type: 'token.probed', data: { token: 'vault', signing: [], anchor: 'unavailable' } });
  return world;
}

const closing = (world: World) => world.try({ kind: 'ceremony.logout', step: 'close' });

describe('a cosignature', () => {
  test('of a custodian, a witness or an auditor is recorded with its head, and replayed', () => {
    const world = ready();
    cosign(world, 'custodian-2', 'witness-1', 'auditor-1');
    expect(world.state.cosignatures.map(({ person, size }) => [person, size])).toEqual([
      ['custodian-2', world.lines.length - 3],
      ['witness-1', world.lines.length - 3],
      ['auditor-1', world.lines.length - 3],
    ]);
    expect(world.replayed().state.cosignatures).toEqual(world.state.cosignatures);
    expect(world.state.irregular).toEqual([]);
  });

  test('COSIGN-4: is none of an administrator, or of a stranger', () => {
    const world = ready();
    for (const person of ['administrator-1', 'custodian-9'])
      expect(ruleOf(world.try({ ...cosigned(world, 'custodian-1'), person }))).toBe('COSIGN-4');
  });

  test('COSIGN-5: must be made with the key that the person enrolled, over a head of this ledger', () => {
    const world = ready();
    const other = cosigned(world, 'custodian-1', headOf(world), member('custodian-1', 'another'));
    expect(ruleOf(world.try(other))).toBe('COSIGN-5');
    expect(ruleOf(world.try(cosigned(world, 'custodian-1', headOf(world), member('custodian-2'))))).toBe('COSIGN-5');
    const elsewhere = { size: world.lines.length, root: 'ab'.repeat(32) };
    expect(ruleOf(world.try(cosigned(world, 'custodian-1', elsewhere)))).toBe('COSIGN-5');
    const later = { size: world.lines.length + 1, root: world.roots.at(-1)! };
    expect(ruleOf(world.try(cosigned(world, 'custodian-1', later)))).toBe('COSIGN-5');
  });

  test('COSIGN-3: is not given twice for one head, nor for an older one', () => {
    const world = ready();
    const [old, head] = [headOf(world, 4), headOf(world)];
    cosign(world, 'custodian-1');
    for (const again of [head, old]) expect(ruleOf(world.try(cosigned(world, 'custodian-1', again)))).toBe('COSIGN-3');
    world.do(cosigned(world, 'custodian-1'));
    // Another person may still sign the older head: an answer from off-host comes late.
    world.do({ ...cosigned(world, 'witness-1', head), signedOn: 'off-host' });
    expect(world.state.cosignatures.at(-1)).toMatchObject({ person: 'witness-1', signedOn: 'off-host', ...head });
  });

  test('COSIGN-2: is refused where the ledger does not continue what the person saw last', () => {
    const world = cosign(ready(), 'custodian-1');
    const seen = headOf(world);
    const twin = world.fork();
    cosign(world, 'custodian-2');
    cosign(twin, 'custodian-3');
    const facts = (of: World) => ({ rootAt: (size: number) => of.roots[size] ?? null });
    const mine = headOf(world);
    // The person brings the head of one ledger to the other; what both have in common is fine.
    expect(mayCosign(world.state, 'custodian-1', mine, facts(world), [mine, seen]).ok).toBe(true);
    expect(ruleOf(mayCosign(twin.state, 'custodian-1', headOf(twin), facts(twin), [mine]))).toBe('COSIGN-2');
    // And to a ledger that was cut off.
    const cut = ready();
    expect(ruleOf(mayCosign(cut.state, 'custodian-1', headOf(cut), facts(cut), [mine]))).toBe('COSIGN-2');
  });

  test('COSIGN-2: the ledger’s own memory of a receipt counts as well', () => {
    const world = ready();
    world.add({
      type: 'receipt.given',
      data: { person: 'witness-1', size: 3, root: 'cd'.repeat(32), note: 'ef'.repeat(32) },
    });
    expect(lastSeen(world.state, 'witness-1')).toMatchObject({ size: 3 });
    expect(ruleOf(world.try(cosigned(world, 'witness-1')))).toBe('COSIGN-2');
  });

  test('is irregular in a ledger that has it before the entries that it covers, or by another key', () => {
    const world = ready();
    const data = {
      person: 'custodian-1',
      key: member('custodian-1').key,
      name: 'x',
      signature: base64(new Uint8Array(76)),
    };
    const common = { root: 'ab'.repeat(32), signedOn: 'off-host' } as const;
    world.add({ type: 'checkpoint.cosigned', data: { ...data, ...common, size: world.lines.length + 1 } });
    world.add({ type: 'checkpoint.cosigned', data: { ...data, ...common, size: 1, key: 'ab'.repeat(32) } });
    expect(world.state.cosignatures).toEqual([]);
    expect(world.state.irregular).toHaveLength(2);
  });

  test('does not disturb an approval that was given before it', () => {
    expect(
      undisturbed(
        [
          {
            type: 'receipt.given',
            data: { person: 'witness-1', size: 1, root: 'ab'.repeat(32), note: 'ab'.repeat(32) },
          },
          { type: 'receipt.skipped', data: {} },
        ],
        'generate',
      ),
    ).toBe(true);
  });
});

describe('the end of a ceremony', () => {
  test('needs no cosignature where the token keeps the head and the policy asks for none', () => {
    const world = ready().freeze().to('close');
    expect(cosignaturesDue(world.state)).toBeNull();
    expect(closing(world).ok).toBe(true);
  });

  test('COSIGN-1: needs as many custodians as decide, and one witness, where the token keeps no head', () => {
    const world = withoutAnchor().freeze().to('close');
    expect(ruleOf(closing(world))).toBe('COSIGN-1');
    expect(notCosigned(world.state)?.detail).toBe('Custodians: 0 of 2. Witnesses: 0 of 1.');
    cosign(world, 'custodian-1', 'custodian-2');
    expect(ruleOf(closing(world))).toBe('COSIGN-1');
    cosign(world, 'auditor-1');
    expect(ruleOf(closing(world))).toBe('COSIGN-1');
    cosign(world, 'witness-1');
    expect(cosignaturesDue(world.state)).toMatchObject({ missing: false });
    expect(closing(world).ok).toBe(true);
  });

  test('COSIGN-1: takes its numbers from the policy where it names them', () => {
    const policy = withoutAnchor({ policy: (p) => ({ ...p, cosign: { custodians: 3, witnesses: 1 } }) });
    const world = cosign(policy.freeze().to('close'), 'custodian-1', 'custodian-2', 'witness-1');
    expect(ruleOf(closing(world))).toBe('COSIGN-1');
    cosign(world, 'custodian-3');
    expect(closing(world).ok).toBe(true);
    const always = ready({ policy: (p) => ({ ...p, cosign: { custodians: 1, witnesses: 1 } }) })
      .freeze()
      .to('close');
    expect(ruleOf(closing(always))).toBe('COSIGN-1');
  });

  test('counts no head that leaves out what the ceremony did last', () => {
    const world = withoutAnchor().freeze().to('export');
    const before = headOf(world);
    world.exported();
    for (const person of ['custodian-1', 'custodian-2', 'witness-1']) world.do(cosigned(world, person, before));
    expect(ruleOf(closing(world))).toBe('COSIGN-1');
    cosign(world, 'custodian-1', 'custodian-2', 'witness-1');
    expect(closing(world).ok).toBe(true);
  });

  test('counts people and never signatures: one custodian twice is one', () => {
    const world = withoutAnchor().freeze().to('close');
    cosign(world, 'witness-1', 'custodian-1');
    cosign(world, 'custodian-1');
    expect(cosignaturesDue(world.state)?.custodians).toEqual({ required: 2, given: 1 });
  });

  test('is reached by exactly those sets of cosigners that have enough of each', () => {
    const base = withoutAnchor().freeze().to('close');
    const people = ['custodian-1', 'custodian-2', 'custodian-3', 'witness-1', 'auditor-1'];
    fc.assert(
      fc.property(fc.shuffledSubarray(people), (chosen) => {
        const world = cosign(base.fork(), ...chosen);
        const custodians = chosen.filter((id) => id.startsWith('custodian')).length;
        expect(closing(world).ok).toBe(custodians >= 2 && chosen.includes('witness-1'));
      }),
      { numRuns: 60 },
    );
  });

  test('can be reached by a new login, so that the last head is sealed; a stop never waits for anyone', () => {
    const world = withoutAnchor().freeze().to('close');
    world.addHere({ type: 'session.closed', data: { reason: 'host-lost' } });
    expect(world.ask({ kind: 'ceremony.login', step: 'close' }).ok).toBe(true);
    expect(world.ask({ kind: 'ceremony.stop', reason: 'Nobody can cosign.' }).ok).toBe(true);
    const anchored = ready().freeze().to('close');
    anchored.addHere({ type: 'session.closed', data: { reason: 'host-lost' } });
    expect(ruleOf(anchored.ask({ kind: 'ceremony.login', step: 'close' }))).toBe('STEP-1');
  });
});

describe('an opening of a production vault', () => {
  const started = (environment: 'production' | 'rehearsal') => {
    const world = ready({ environment });
    world.add({
      type: 'workstation.started',
      data: { software: { version: '0.1.0', manifest: 'ab'.repeat(32) }, entries: world.lines.length, interfacesUp: 0 },
    });
    return world;
  };
  const freeze = (world: World) => {
    const plan = world.plan();
    return world.ask(world.freezing(plan));
  };

  test('RECEIPT-5: asks for an earlier receipt before a plan is frozen and before a login', () => {
    const world = started('production');
    expect(ruleOf(freeze(world))).toBe('RECEIPT-5');
    world.add({ type: 'receipt.presented', data: { ...headOf(world, 2), note: 'ab'.repeat(32) } });
    expect(freeze(world).ok).toBe(true);
    world.freeze().to('login-generate');
    world.add({
      type: 'workstation.started',
      data: { software: { version: '0.1.0', manifest: 'ab'.repeat(32) }, entries: world.lines.length, interfacesUp: 0 },
    });
    expect(ruleOf(world.ask({ kind: 'ceremony.login', step: 'login-generate' }))).toBe('RECEIPT-5');
  });

  test('goes on without one where the reason is recorded', () => {
    const world = started('production');
    const [skipped] = world.do({ kind: 'receipt.skip', reason: 'The first opening: nobody has one yet.' });
    expect(skipped!.entry.type).toBe('receipt.skipped');
    expect(skipped!.words).toEqual({ reason: 'The first opening: nobody has one yet.' });
    expect(freeze(world).ok).toBe(true);
    expect(world.ask({ kind: 'receipt.skip', reason: 'Again.' })).toEqual({ ok: true, value: [] });
  });

  test('of a rehearsal asks for nothing, nor does a vault that was just made', () => {
    expect(freeze(started('rehearsal')).ok).toBe(true);
    expect(freeze(ready({ environment: 'production' })).ok).toBe(true);
  });
});
