/** What a script in the page could do, tried from the page itself, in the packed test build. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { launchApp, newFolder, type LaunchedApp } from '../e2e/launch.ts';
import { attemptIn, type PageGlobals } from './attempt.ts';

let folder: string;
let launched: LaunchedApp;

beforeAll(async () => {
  folder = newFolder('page');
  launched = await launchApp({ dataDir: folder });
  await launched.page.waitForSelector('#app > *');
});

afterAll(async () => {
  await launched?.close();
  rmSync(folder, { recursive: true, force: true });
});

const attempt = (source: string) => attemptIn(launched.page, source);

describe('the policy of the page', () => {
  test('the page is served with exactly this policy and these headers', async () => {
    const response = await launched.page.reload();
    await launched.page.waitForSelector('#app > *');
    expect(response?.headers()).toMatchObject({
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
        "connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
        "require-trusted-types-for 'script'; trusted-types svelte-trusted-html",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  test('the application itself never violates it', async () => {
    const violations: string[] = [];
    const note = (message: { text(): string }) => {
      if (/Content Security Policy|Trusted/.test(message.text())) violations.push(message.text());
    };
    launched.page.on('console', note);
    await launched.page.reload();
    await launched.page.waitForSelector('#app > *');
    launched.page.off('console', note);
    expect(violations).toEqual([]);
  });

  test.each([
    ['eval', 'return (0, eval)("1");', 'EvalError', 'require-trusted-types-for'],
    ['a function from text', 'return new Function("return 1")();', 'EvalError', 'require-trusted-types-for'],
    [
      'an inline script',
      'const s = document.createElement("script"); s.textContent = "window.ran = 1"; document.body.append(s); return window.ran;',
      'TypeError',
      'require-trusted-types-for',
    ],
    [
      'an inline handler',
      'const b = document.createElement("button"); b.setAttribute("onclick", "window.ran = 1"); b.click(); return window.ran;',
      'TypeError|undefined',
      'require-trusted-types-for|script-src-attr',
    ],
    [
      'markup from text',
      'document.createElement("p").innerHTML = "<b>x</b>";',
      'TypeError',
      'require-trusted-types-for',
    ],
    ['a worker', 'return new Worker("conclave://app/index.js");', 'TypeError', 'require-trusted-types-for'],
    [
      'a service worker',
      'return navigator.serviceWorker.register("conclave://app/index.js");',
      'TypeError',
      'require-trusted-types-for',
    ],
    ['a Trusted Types policy of its own', 'trustedTypes.createPolicy("mine", {});', 'TypeError', 'trusted-types'],
    [
      'a second policy of the allowed name',
      'trustedTypes.createPolicy("svelte-trusted-html", {});',
      'TypeError',
      'trusted-types',
    ],
    ['a request to a server', 'return fetch("https://example.com/");', 'TypeError', 'connect-src'],
    ['a request to itself', 'return fetch("conclave://app/index.html");', 'TypeError', 'connect-src'],
    [
      'a request of the old kind',
      'return new Promise((ok, no) => { const x = new XMLHttpRequest(); x.onload = () => ok("loaded"); x.onerror = () => no(new TypeError()); x.open("GET", "https://example.com/"); x.send(); });',
      'TypeError',
      'connect-src',
    ],
    [
      'a WebSocket',
      'return new Promise((ok, no) => { const s = new WebSocket("ws://127.0.0.1:9/"); s.onopen = () => ok("open"); s.onerror = () => no(new TypeError()); });',
      'TypeError',
      'connect-src',
    ],
    [
      'an event stream',
      'return new Promise((ok, no) => { const e = new EventSource("https://example.com/"); e.onopen = () => ok("open"); e.onerror = () => no(new TypeError()); });',
      'TypeError',
      'connect-src',
    ],
    ['a beacon', 'return navigator.sendBeacon("https://example.com/", "x");', 'true|false', 'connect-src'],
    [
      'a picture from a server',
      'return new Promise((ok) => { const i = new Image(); i.onload = () => ok("loaded"); i.onerror = () => ok("error"); i.src = "http://127.0.0.1:9/x.png"; });',
      'error',
      'img-src',
    ],
    [
      'a style from text',
      'const s = document.createElement("style"); s.textContent = "html { --mine: 1 }"; document.head.append(s); return getComputedStyle(document.documentElement).getPropertyValue("--mine") === "";',
      'true',
      'style-src-elem',
    ],
    [
      'another base',
      'const b = document.createElement("base"); b.href = "https://example.com/"; document.head.append(b); const { baseURI } = document; b.remove(); return baseURI;',
      'conclave://app/',
      'base-uri',
    ],
    [
      'a form that is sent',
      'const f = document.createElement("form"); f.action = "https://example.com/"; document.body.append(f); f.submit(); await new Promise((r) => setTimeout(r, 100)); f.remove(); return location.href;',
      'conclave://app/',
      'form-action',
    ],
    [
      'a frame with a page of our own',
      'const f = document.createElement("iframe"); document.body.append(f); const done = new Promise((ok) => { f.onload = () => ok(f.contentDocument); }); f.src = "conclave://app/index.html"; const d = await done; f.remove(); return d;',
      'null',
      'frame-src',
    ],
    [
      'an embedded object',
      'document.createElement("object").data = "conclave://app/index.html";',
      'TypeError',
      'require-trusted-types-for',
    ],
  ])('%s is blocked and reported', async (_name, source, outcome, directive) => {
    const found = await attempt(source);
    expect(found.outcome).toMatch(new RegExp(`^(?:${outcome})$`));
    expect(found.violated.join(' ')).toMatch(new RegExp(`^(?:${directive})`));
  });

  test('a picture that is in the page itself is shown', async () => {
    const { outcome, violated } = await attempt(`
      return new Promise((ok) => {
        const image = new Image();
        image.onload = () => ok('loaded');
        image.onerror = () => ok('error');
        image.src = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
      });
    `);
    expect({ outcome, violated }).toEqual({ outcome: 'loaded', violated: [] });
  });

  test('no file of the workstation is shown', async () => {
    const { outcome } = await attempt(
      `return new Promise((ok) => { const i = new Image(); i.onload = () => ok('loaded'); i.onerror = () => ok('error'); i.src = 'file:///usr/share/pixmaps/debian-logo.png'; });`,
    );
    expect(outcome).toBe('error');
  });
});

describe('permissions', () => {
  test.each([
    'geolocation',
    'notifications',
    'camera',
    'microphone',
    'clipboard-read',
    'clipboard-write',
    'midi',
    'persistent-storage',
    'idle-detection',
    'window-management',
    'local-fonts',
  ])('asked whether %s would be granted, the answer is no', async (name) => {
    const { outcome } = await attempt(`return (await navigator.permissions.query({ name: '${name}' })).state;`);
    expect(outcome).toBe('denied');
  });

  test.each([
    ['notifications', 'return Notification.requestPermission();', 'denied'],
    [
      'the screen',
      'return navigator.mediaDevices.getDisplayMedia({ video: true });',
      'NotAllowedError|InvalidStateError',
    ],
    ['the microphone', 'return navigator.mediaDevices.getUserMedia({ audio: true });', 'NotAllowedError|NotFoundError'],
    [
      'the place',
      'return new Promise((ok, no) => navigator.geolocation.getCurrentPosition(() => ok("known"), () => no(new TypeError())));',
      'TypeError',
    ],
    ['MIDI', 'return navigator.requestMIDIAccess();', 'NotAllowedError|SecurityError'],
    ['the clipboard', 'return navigator.clipboard.writeText("x");', 'NotAllowedError'],
    ['HID devices', 'return (await navigator.hid.getDevices()).length;', '0'],
    ['USB devices', 'return (await navigator.usb.getDevices()).length;', '0'],
    ['serial ports', 'return (await navigator.serial.getPorts()).length;', '0'],
  ])('a request for %s is denied', async (_name, source, outcome) => {
    expect((await attempt(source)).outcome).toMatch(new RegExp(`^(?:${outcome})$`));
  });

  test.each([
    ['HID', "navigator.hid.requestDevice({ filters: [] }).then((all) => all.length + ' devices')", '0 devices'],
    ['USB', 'navigator.usb.requestDevice({ filters: [] })', 'NotFoundError'],
    ['serial', 'navigator.serial.requestPort({})', 'NotFoundError'],
  ])(
    'a %s device that a person would be asked to choose is denied after a key press, too',
    async (_kind, ask, denied) => {
      await launched.page.evaluate(`addEventListener('keydown', () => {
      ${ask}.then(String, (error) => error.name).then((outcome) => { window.outcome = outcome; });
    }, { once: true })`);
      await launched.page.keyboard.press('F8');
      expect(await (await launched.page.waitForFunction('window.outcome')).jsonValue()).toBe(denied);
      await launched.page.evaluate('delete window.outcome');
    },
  );
});

describe('navigation and windows', () => {
  const here = () => launched.page.evaluate(() => [location.href, (globalThis as unknown as PageGlobals).marker]);

  test.each([
    ['a server', 'https://example.com/'],
    ['plain http', 'http://127.0.0.1:9/'],
    ['a file', 'file:///etc/passwd'],
    ['a data URL', 'data:text/html,x'],
    ['the page that is printed', 'conclave://print/0'],
    ['another file of our own', 'conclave://app/index.js'],
    ['our own page again', 'conclave://app/index.html'],
    ['another program', 'mailto:x@example.com'],
  ])('the page cannot leave for %s', async (_name, target) => {
    await launched.page.evaluate(() => {
      (globalThis as unknown as PageGlobals).marker = 'still here';
    });
    await attempt(`location.href = ${JSON.stringify(target)};`);
    await attempt(`location.replace(${JSON.stringify(target)});`);
    await attempt(
      `const a = document.createElement('a'); a.href = ${JSON.stringify(target)}; document.body.append(a); a.click(); a.remove();`,
    );
    // A navigation that was let through would have begun before this call is answered by the main process.
    await attempt(`await window.conclave['app.snapshot']({});`);
    expect(await here()).toEqual(['conclave://app/', 'still here']);
  });

  test.each(['https://example.com/', 'conclave://app/', 'about:blank', ''])(
    'window.open(%j) opens nothing',
    async (target) => {
      expect((await attempt(`return window.open(${JSON.stringify(target)});`)).outcome).toBe('null');
      expect(launched.app.windows()).toHaveLength(1);
    },
  );

  test('a link to a new window opens nothing', async () => {
    await attempt(
      `const a = document.createElement('a'); a.href = 'conclave://app/'; a.target = '_blank'; document.body.append(a); a.click(); a.remove(); await window.conclave['app.snapshot']({});`,
    );
    expect(launched.app.windows()).toHaveLength(1);
  });

  test('a webview is an unknown element and holds no page', async () => {
    const { outcome } = await attempt(`
      const view = document.createElement('webview');
      view.src = 'conclave://app/';
      document.body.append(view);
      const found = [typeof view.loadURL, view.shadowRoot === null];
      await window.conclave['app.snapshot']({});
      view.remove();
      return found;
    `);
    expect(outcome).toBe('undefined,true');
    expect(await launched.app.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(1);
  });

  test('a frame inside the page has no bridge of its own', async () => {
    const { outcome } = await attempt(`
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const found = typeof frame.contentWindow.conclave;
      frame.remove();
      return found;
    `);
    expect(outcome).toBe('undefined');
  });
});

describe('files of conclave://', () => {
  test.each([
    'conclave://app/unlisted.js',
    'conclave://app/../electron/main.js',
    'conclave://app/%2e%2e/package.json',
    'conclave://app/..%2fpackage.json',
    'conclave://app/manifest.json',
    'conclave://app/index.js?x',
    'conclave://other/index.js',
    'conclave://print/index.js',
  ])('%s is not served, also to the main process', async (url) => {
    const found = await launched.app.evaluate(
      ({ session }, wanted) =>
        session
          .fromPartition('application')
          .fetch(wanted)
          .then(
            (response) => response.status,
            () => 'cancelled',
          ),
      url,
    );
    expect(found).toSatisfy((status) => status === 404 || status === 'cancelled');
  });

  test('a listed file is served', async () => {
    const found = await launched.app.evaluate(async ({ session }) => {
      const response = await session.fromPartition('application').fetch('conclave://app/index.js');
      return [response.status, response.headers.get('content-type')];
    });
    expect(found).toEqual([200, 'text/javascript; charset=utf-8']);
  });
});
