import { mount } from 'svelte';
import '../../../renderer/styles/index.css';
import './gallery.css';
import App from '../../../renderer/App.svelte';
import type { Route } from '../../../renderer/router/places.ts';
import { router } from '../../../renderer/router/router.svelte.ts';
import { appearance } from '../../../renderer/ui/shell/appearance.svelte.ts';
import { galleryBridge } from './bridge.ts';
import Gallery from './Gallery.svelte';
import { apps, details } from './samples/app.ts';

const asked = new URLSearchParams(location.search);
const root = document.documentElement;
const show = asked.get('show') ?? 'components';
const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');

/** CKA_ID of the sample's key. */
const KEY = apps['key-active'] ? (details(apps['key-active'])[0]?.key ?? '') : '';

/** Screens that are reached from the ceremonies, by the name under which the gallery shows them. */
const ROUTES: Readonly<Record<string, Route>> = {
  people: { screen: 'people' },
  receipts: { screen: 'receipts' },
  'receipts-due': { screen: 'receipts' },
  hsm: { screen: 'hsm' },
  'hsm-drift': { screen: 'hsm' },
  'hsm-inventory': { screen: 'hsm' },
  'agree-sync': { screen: 'agree', recipe: 'sync-hsm@1', findings: ['1'.repeat(64), '3'.repeat(64)] },
  'agree-record': { screen: 'agree', recipe: 'record-hsm@1', findings: ['1'.repeat(64), '2'.repeat(64)] },
  'frozen-agree': { screen: 'frozen' },
  'key-drift': { screen: 'keys', key: KEY },
  continuity: { screen: 'continuity' },
  plan: { screen: 'plan' },
  frozen: { screen: 'frozen' },
  'frozen-change': { screen: 'frozen' },
  'change-suspend': { screen: 'change', key: KEY, change: 'suspend' },
  'change-compromise': { screen: 'change', key: KEY, change: 'compromise' },
  'change-destroy': { screen: 'change', key: KEY, change: 'destroy' },
  'change-rotate': { screen: 'change', key: KEY, change: 'rotate' },
  'change-cryptoperiod': { screen: 'change', key: KEY, change: 'set-cryptoperiod' },
  'key-active': { screen: 'keys', key: KEY },
  'key-compromised': { screen: 'keys', key: KEY },
};

if (show.startsWith('app:')) {
  const name = show.slice('app:'.length);
  const app = apps[name];
  if (app === undefined) throw new Error(`No sample is called ${name}.`);
  if (asked.get('theme') === 'dark') appearance.toggleTheme();
  if (asked.get('scale') === 'projector') appearance.toggleProjector();
  const acts = document.createElement('ol');
  acts.id = 'acts';
  acts.className = 'sr';
  acts.setAttribute('aria-hidden', 'true');
  document.body.append(acts);
  const note = (call: string): void => {
    const item = document.createElement('li');
    item.textContent = call;
    acts.append(item);
  };
  Object.defineProperty(window, 'conclave', { value: galleryBridge(app, note, asked.get('failing')) });
  mount(App, { target });
  // The first snapshot chooses the place where a vault begins; the sample is shown after it.
  const route = ROUTES[name];
  if (route !== undefined) setTimeout(() => router.go(route), 0);
} else {
  root.dataset['theme'] = asked.get('theme') ?? 'light';
  if (asked.get('scale') === 'projector') root.dataset['scale'] = 'projector';
  mount(Gallery, { target, props: { show, rehearsal: asked.get('environment') === 'rehearsal' } });
}
