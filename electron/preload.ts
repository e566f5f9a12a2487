/**
 * Runs in the sandboxed renderer before the page, in a world of its own. It gives the page one function a method and
 * `onChanged`: no channel name, event object or function of Electron reaches the page. What a call may contain is
 * decided in the main process (`ipc/serve.ts`); here nothing is checked and nothing is trusted.
 */
import { contextBridge, ipcRenderer } from 'electron';
import { METHODS, type Method } from '../contract/methods.ts';
import { CHANGED, channelOf } from './ipc/channels.ts';
import { zeroSecrets } from './ipc/secrets.ts';

type Listener = (app: unknown) => void;

const listeners = new Set<Listener>();

ipcRenderer.on(CHANGED, (_event, app: unknown) => {
  for (const listener of [...listeners]) listener(app);
});

const callOf = (method: Method) => (input: unknown) => {
  try {
    return ipcRenderer.invoke(channelOf(method), input);
  } finally {
    // `invoke` has copied it; this world's own copy of a passphrase is not needed any more.
    zeroSecrets(input);
  }
};

function onChanged(listener: unknown): () => void {
  if (typeof listener !== 'function') throw new TypeError('onChanged takes a function.');
  const added: Listener = (app) => (listener as Listener)(app);
  listeners.add(added);
  return () => void listeners.delete(added);
}

contextBridge.exposeInMainWorld('conclave', {
  ...Object.fromEntries(METHODS.map((method) => [method, callOf(method)])),
  onChanged,
});
