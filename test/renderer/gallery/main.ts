import { mount } from 'svelte';
import '../../../renderer/styles/index.css';
import './gallery.css';
import Gallery from './Gallery.svelte';

const asked = new URLSearchParams(location.search);
const root = document.documentElement;
root.dataset['theme'] = asked.get('theme') ?? 'light';
if (asked.get('scale') === 'projector') root.dataset['scale'] = 'projector';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
mount(Gallery, {
  target,
  props: { show: asked.get('show') ?? 'components', rehearsal: asked.get('environment') === 'rehearsal' },
});
