/** `key.suspend`: every right is taken from both halves. They come back by `key.resume`. */
import { blocking } from './block.ts';

export const suspend = blocking(false);
