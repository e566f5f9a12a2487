import { fileURLToPath } from 'node:url';
import { mergeConfig } from 'vite';
import renderer from '../../../renderer/vite.config.ts';

/** The gallery: every component and screen with sample data, built like the product and never shipped. */
export default mergeConfig(renderer, {
  root: fileURLToPath(new URL('.', import.meta.url)),
  build: { outDir: fileURLToPath(new URL('../../../.cache/gallery', import.meta.url)) },
});
