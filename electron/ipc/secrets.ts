/** Every Uint8Array of the contract is a secret, so bytes are zeroed wherever they lie in what was passed. */

/**
 * Zeroes all bytes in a value, at any depth, whatever the value is. A view is zeroed with the whole buffer under it,
 * since the whole buffer is what was copied to here. Never throws.
 */
export function zeroSecrets(value: unknown): void {
  const seen = new Set<object>();
  const left: unknown[] = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (ArrayBuffer.isView(next)) wipe(next.buffer);
    else if (next instanceof ArrayBuffer) wipe(next);
    else if (next instanceof Map) for (const [key, held] of next) left.push(key, held);
    else if (next instanceof Set) for (const held of next) left.push(held);
    else for (const held of fieldsOf(next)) left.push(held);
  }
}

/** Only plain fields: nothing of the value is run. */
const fieldsOf = (value: object): unknown[] =>
  Object.values(Object.getOwnPropertyDescriptors(value)).map((field) => field.value as unknown);

function wipe(buffer: ArrayBufferLike): void {
  try {
    new Uint8Array(buffer).fill(0);
  } catch {
    // A buffer that was handed on holds nothing any more.
  }
}
