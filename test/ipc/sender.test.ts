import { describe, expect, test } from 'vitest';
import { isOurPage, originOf, type CallEvent, type SenderFrame } from '../../electron/ipc/sender.ts';
import { contents, mainFrame, ourPage } from './boundary.ts';

const knows = (sender: object) => sender === contents;
const from = (change: Partial<SenderFrame>): CallEvent => ({ ...ourPage, senderFrame: { ...mainFrame, ...change } });

test('the main frame of our window with our page may call', () => {
  expect(isOurPage(ourPage, knows)).toBe(true);
  expect(isOurPage(from({ url: 'conclave://app/index.html#step' }), knows)).toBe(true);
});

describe('a call is refused that comes from', () => {
  test.each<[string, CallEvent]>([
    ['a frame that has gone', { ...ourPage, senderFrame: null }],
    ['a frame inside the page', from({ parent: mainFrame })],
    ['a frame of another tree', from({ frameTreeNodeId: 8 })],
    ['a window that we did not open', { ...ourPage, sender: { mainFrame: { frameTreeNodeId: 7 } } }],
    ['an opaque origin, as that of a sandboxed page', from({ origin: 'null' })],
    ['about:blank', from({ url: 'about:blank', origin: 'null' })],
    ['about:blank that inherited our origin', from({ url: 'about:blank' })],
    ['no URL', from({ url: '' })],
    ['a file', from({ url: 'file:///app/index.html', origin: 'file://' })],
    ['a data URL', from({ url: 'data:text/html,conclave://app/', origin: 'null' })],
    ['the page that is printed', from({ url: 'conclave://print/0', origin: 'conclave://print' })],
    ['a host that begins like ours', from({ url: 'conclave://app.example/', origin: 'conclave://app.example' })],
    ['a host that ends like ours', from({ url: 'conclave://my-app/', origin: 'conclave://my-app' })],
    ['our host under another scheme', from({ url: 'https://app/', origin: 'https://app' })],
    ['our host with a port', from({ url: 'conclave://app:1/', origin: 'conclave://app:1' })],
    ['our host with a user', from({ url: 'conclave://me@app/' })],
    ['our origin in a path', from({ url: 'https://example/conclave://app/', origin: 'https://example' })],
  ])('%s', (_name, event) => {
    expect(isOurPage(event, knows)).toBe(false);
  });

  test('a frame that Electron disposed of while it was asked', () => {
    const senderFrame = Object.defineProperty({ ...mainFrame }, 'url', {
      get: () => {
        throw new Error('Render frame was disposed');
      },
    });
    expect(isOurPage({ ...ourPage, senderFrame }, knows)).toBe(false);
  });
});

test('an origin is scheme, host and port, and nothing is one that does not parse', () => {
  expect(originOf('conclave://app/../x?y#z')).toBe('conclave://app');
  expect(originOf('CONCLAVE://app/')).toBe('conclave://app');
  expect(originOf('conclave:app')).toBe('conclave://');
  expect(originOf('/index.html')).toBe(null);
});
