/** When an inventory is an entry of the ledger, so that looking often does not fill it. */
import { jcs } from '../json/jcs.ts';
import type { EventOf } from '../ledger/event.ts';
import type { Agreement } from './agreement.ts';
import { OBJECT_CLASSES, type ListedObject } from './object.ts';

export type Taken = EventOf<'inventory.taken'>['data'];
export type Why = Taken['why'];

/**
 * The first inventory of a ceremony and the one at its end are entries, whatever they find. Any other is one where its
 * objects or its findings are not those of the last entry; otherwise that entry still says how it is.
 */
export const isEntry = ({ last }: Agreement, taken: Taken): boolean =>
  last === null ||
  taken.why === 'ceremony-start' ||
  taken.why === 'ceremony-end' ||
  last.inventory !== taken.inventory ||
  last.found !== taken.found ||
  jcs(last.findings) !== jcs(taken.findings);

/** Objects by class, in the order of the classes; of classes that are there. */
export const counted = (objects: readonly ListedObject[]): Taken['objects'] =>
  OBJECT_CLASSES.map((name) => ({ class: name, count: objects.filter((one) => one.class === name).length })).filter(
    ({ count }) => count > 0,
  );

/**
 * The objects as the document has them. A head of the ledger is another object after every seal; what tells one from the
 * next is left out, because the comparison with the anchor is what checks it.
 */
export const forDocument = (
  objects: readonly ListedObject[],
  isHead: (object: ListedObject) => boolean,
): ListedObject[] =>
  objects.map((object) => {
    if (!isHead(object)) return object;
    const { value: _, ...head } = object;
    return { ...head, attributes: head.attributes.filter(({ name }) => name !== 'CKA_UNIQUE_ID') };
  });
