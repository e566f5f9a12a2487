/** What the processes of the running application are and hold, read from the kernel and from the main process. */
import { createServer, type Server } from 'node:http';
import { createSocket, type Socket } from 'node:dgram';
import { readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchApp, newFolder, type LaunchedApp } from '../e2e/launch.ts';

let folder: string;
let launched: LaunchedApp;

beforeAll(async () => {
  folder = newFolder('process');
  launched = await launchApp({ dataDir: folder });
  await launched.page.waitForSelector('#app > *');
});

afterAll(async () => {
  await launched?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the sandbox', () => {
  test('the kernel filters the calls of the renderer and grants it no new rights', async () => {
    const pids = await launched.app.evaluate(({ app }) =>
      app
        .getAppMetrics()
        .filter(({ type }) => type === 'Tab')
        .map(({ pid }) => pid),
    );
    expect(pids).toHaveLength(1);
    const status = readFileSync(`/proc/${pids[0]}/status`, 'utf8');
    expect(status).toMatch(/^Seccomp:\s*2$/m);
    expect(status).toMatch(/^NoNewPrivs:\s*1$/m);
    expect(status).toMatch(/^CapEff:\s*0+$/m);
    // A process, network and user namespace of its own.
    expect(/^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/).length).toBeGreaterThan(1);
  });

  test('every window has the preferences of the checklist', async () => {
    const preferences = await launched.app.evaluate(({ webContents }) =>
      webContents.getAllWebContents().map((each) => {
        const all = (each as unknown as { getLastWebPreferences(): Record<string, unknown> }).getLastWebPreferences();
        const { sandbox, contextIsolation, nodeIntegration, nodeIntegrationInSubFrames } = all;
        const { webSecurity, allowRunningInsecureContent, experimentalFeatures, webviewTag, enableBlinkFeatures } = all;
        return {
          ...{ sandbox, contextIsolation, nodeIntegration, nodeIntegrationInSubFrames },
          ...{ webSecurity, allowRunningInsecureContent, experimentalFeatures, webviewTag },
          blink: enableBlinkFeatures ?? '',
        };
      }),
    );
    expect(preferences).toEqual([
      {
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        allowRunningInsecureContent: false,
        experimentalFeatures: false,
        webviewTag: false,
        blink: '',
      },
    ]);
  });
});

describe('what the runtime brings and the application does not use', () => {
  test('there is no menu, and developer tools do not open', async () => {
    const found = await launched.app.evaluate(async ({ BrowserWindow, Menu }) => {
      const [window] = BrowserWindow.getAllWindows();
      window!.webContents.openDevTools();
      await new Promise((resolve) => setTimeout(resolve, 300));
      return { menu: Menu.getApplicationMenu(), open: window!.webContents.isDevToolsOpened() };
    });
    expect(found).toEqual({ menu: null, open: false });
  });

  test('the spell-checker is off in every session, and the session of the page is kept in memory only', async () => {
    const found = await launched.app.evaluate(({ session }) => {
      const [page, other] = [session.fromPartition('application'), session.defaultSession];
      return {
        spelling: [page, other].map((each) => each.isSpellCheckerEnabled()),
        languages: [page, other].map((each) => each.getSpellCheckerLanguages()),
        persistent: page.isPersistent(),
      };
    });
    expect(found).toEqual({ spelling: [false, false], languages: [[], []], persistent: false });
  });

  test('the profile lies in the data folder', async () => {
    const found = await launched.app.evaluate(({ app }) => [app.getPath('userData'), app.getPath('sessionData')]);
    expect(found).toEqual([`${folder}/profile`, `${folder}/profile`]);
  });
});

describe('network', () => {
  let server: Server;
  let stun: Socket;
  let hits = 0;
  let port: number;
  let stunPort: number;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      hits += 1;
      response.end('reached');
    });
    server.on('upgrade', (_request, socket) => {
      hits += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    stun = createSocket('udp4', () => {
      hits += 1;
    });
    await new Promise<void>((resolve) => stun.bind(0, '127.0.0.1', resolve));
    stunPort = stun.address().port;
  });

  afterAll(() => {
    server.close();
    stun.close();
  });

  test('the server of this test can be reached from here', async () => {
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('reached');
    expect(hits).toBe(1);
    hits = 0;
  });

  test.each(['application', 'print', 'some-other'])(
    'also the main process gets nothing from a server through the session %s',
    async (partition) => {
      const outcomes = await launched.app.evaluate(
        async ({ session }, { name, port }) => {
          const wanted = [`http://127.0.0.1:${port}/`, `http://localhost:${port}/`, 'https://example.com/'];
          return await Promise.all(
            wanted.map((url) =>
              session
                .fromPartition(name)
                .fetch(url)
                .then(
                  () => 'loaded',
                  (error: unknown) => (error as Error).message,
                ),
            ),
          );
        },
        { name: partition, port },
      );
      expect(outcomes).toEqual(outcomes.map(() => 'net::ERR_BLOCKED_BY_CLIENT'));
      expect(hits).toBe(0);
    },
  );

  test.each([
    'http://127.0.0.1:PORT/',
    'ws://127.0.0.1:PORT/',
    'file:///etc/passwd',
    'data:text/html,x',
    'blob:conclave://app/x',
    'view-source:http://127.0.0.1:PORT/',
  ])('a window that the main process sends to %s loads nothing', async (template) => {
    const url = template.replace('PORT', String(port));
    const outcomes = await launched.app.evaluate(async ({ BrowserWindow }, target) => {
      const outcomes: string[] = [];
      for (const partition of ['application', '']) {
        const window = new BrowserWindow({ show: false, webPreferences: { partition } });
        outcomes.push(
          await window.loadURL(target).then(
            () => 'loaded',
            () => 'refused',
          ),
        );
        window.destroy();
      }
      return outcomes;
    }, url);
    expect(outcomes).toEqual(['refused', 'refused']);
    expect(hits).toBe(0);
  });

  test('no name and no address is resolved', async () => {
    const outcomes = await launched.app.evaluate(async ({ session }) =>
      Promise.all(
        ['example.com', 'localhost', '127.0.0.1'].map((host) =>
          session.defaultSession.resolveHost(host).then(
            () => 'resolved',
            () => 'not resolved',
          ),
        ),
      ),
    );
    expect(outcomes).toEqual(['not resolved', 'not resolved', 'not resolved']);
  });

  test('WebRTC, which no page policy covers, finds no way out and sends nothing', async () => {
    const candidates = await launched.page.evaluate(
      async (ports) => {
        const iceServers = [
          { urls: `stun:127.0.0.1:${ports.stun}` },
          { urls: `turn:127.0.0.1:${ports.tcp}?transport=tcp`, username: 'x', credential: 'x' },
        ];
        const peer = new RTCPeerConnection({ iceServers });
        peer.createDataChannel('x');
        const found: string[] = [];
        const done = new Promise<void>((resolve) => {
          peer.onicecandidate = ({ candidate }) => {
            if (candidate === null) resolve();
            else found.push(candidate.candidate);
          };
        });
        await peer.setLocalDescription(await peer.createOffer());
        await done;
        peer.close();
        return found;
      },
      { stun: stunPort, tcp: port },
    );
    expect(candidates.filter((each) => each !== '')).toEqual([]);
    expect(hits).toBe(0);
  });
});
