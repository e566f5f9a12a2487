import { existsSync, readdirSync, statSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCredentials } from '../../electron/custody/client.ts';
import type { HostProcess } from '../../electron/process/host-process.ts';
import { nodeHost } from '../../electron/process/node-host.ts';
import { bench, bytes, isRunning, LOW, must, mustFail, PASSPHRASE, type Bench } from './bench.ts';

let it: Bench;
beforeAll(async () => {
  it = await bench();
});
afterAll(() => it.close());

describe('the credential host', () => {
  test('is gone after every operation, one process each', async () => {
    const before = it.hosts.length;
    const { credential, keyId } = await it.create();
    const request = { credential, payloads: [bytes('x')], expectedKeyId: keyId };
    await it.credentials.sign({ ...request, passphrase: bytes(PASSPHRASE) });
    await it.credentials.sign({ ...request, passphrase: bytes('wrong') });
    const pids = it.hosts.slice(before).map((host) => host.pid!);
    expect(new Set(pids).size).toBe(3);
    expect(pids.map(isRunning)).toEqual([false, false, false]);
  });

  test('that is killed at work answers CRED-9, leaves no key file, and the next request is served', async () => {
    let kill = true;
    const credentials = createCredentials({
      spawn: () => {
        const host = nodeHost(it.entry)();
        const { postMessage } = host;
        return Object.assign(Object.create(host) as typeof host, {
          postMessage: (message: unknown) => {
            postMessage(message);
            if (kill) process.kill(host.pid!, 'SIGKILL');
          },
        });
      },
      workFactor: LOW,
    });
    const folder = it.medium();
    const request = { folder, fileName: 'a.age', person: 'custodian-1' };
    const failure = mustFail(await credentials.create({ ...request, passphrase: bytes(PASSPHRASE) }));
    expect(failure).toMatchObject({ code: 'credential', policy: 'CRED-9' });
    expect(failure.message).toContain('SIGKILL');
    expect(readdirSync(folder)).toEqual([]);
    kill = false;
    must(await credentials.create({ ...request, passphrase: bytes(PASSPHRASE) }));
  });

  test('that is killed at any point of its writing leaves a whole key file or none that opens', async () => {
    for (let point = 1; point <= 8; point++) {
      const folder = it.medium();
      let events = 0;
      let running: HostProcess | undefined;
      const watcher = watch(folder, () => {
        if (++events === point) running?.kill();
      });
      const credentials = createCredentials({ spawn: () => (running = nodeHost(it.entry)()), workFactor: LOW });
      const request = { folder, person: 'custodian-1' };
      const made = await credentials.create({ ...request, fileName: 'a.age', passphrase: bytes(PASSPHRASE) });
      watcher.close();
      if (!made.ok) expect(made.error.policy).toBe('CRED-9');
      const path = join(folder, 'a.age');
      if (existsSync(path)) {
        const signed = await credentials.sign({
          credential: { kind: 'key-file', path },
          passphrase: bytes(PASSPHRASE),
          payloads: [bytes('x')],
          expectedKeyId: 'a'.repeat(64),
        });
        // CRED-3: it opened. An empty file is CRED-2. A file cut short would be CRED-2 as well, so its size is looked at.
        expect(mustFail(signed).policy).toBe(statSync(path).size === 0 ? 'CRED-2' : 'CRED-3');
        const again = await credentials.create({ ...request, fileName: 'a.age', passphrase: bytes(PASSPHRASE) });
        expect(mustFail(again).policy).toBe('CRED-6');
      } else {
        expect(made.ok).toBe(false);
      }
      must(await credentials.create({ ...request, fileName: 'b.age', passphrase: bytes(PASSPHRASE) }));
    }
  });

  test('that does not answer in time is ended and answers CRED-9', async () => {
    const silent = join(it.folder, 'silent.js');
    writeFileSync(silent, 'setInterval(() => {}, 1000)');
    let pid = 0;
    const credentials = createCredentials({
      spawn: () => {
        const host = nodeHost(silent)();
        pid = host.pid!;
        return host;
      },
      timeout: 200,
    });
    const passphrase = bytes(PASSPHRASE);
    const failure = mustFail(
      await credentials.create({ folder: it.medium(), fileName: 'a.age', person: 'x', passphrase }),
    );
    expect(failure.policy).toBe('CRED-9');
    expect(isRunning(pid)).toBe(false);
    expect(passphrase.every((byte) => byte === 0)).toBe(true);
  });

  test('that cannot be started, or answers nonsense, is CRED-9', async () => {
    const nonsense = join(it.folder, 'nonsense.js');
    writeFileSync(nonsense, 'process.on("message", () => process.send({ ok: true, value: "signed" }))');
    for (const spawn of [
      nodeHost(join(it.folder, 'missing.js')),
      nodeHost(nonsense),
      () => {
        throw new Error('no');
      },
    ]) {
      const credentials = createCredentials({ spawn });
      const request = { folder: it.medium(), fileName: 'a.age', person: 'x', passphrase: bytes(PASSPHRASE) };
      expect(mustFail(await credentials.create(request)).policy).toBe('CRED-9');
    }
  });
});
