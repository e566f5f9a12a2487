/**
 * Single faults in a genuine bundle, each with the check that must find it. Nothing here comes from the product: a
 * mistake shared by maker and mutator would hide itself.
 */
import { createHash } from 'node:crypto';
import { edits } from './edits.ts';
import { entriesOf, unzip, zip, type Entry, type Files } from './zip.ts';

export interface Mutation {
  readonly name: string;
  readonly archive: Buffer;
  /** The checks that must say FAIL, by their ids. */
  readonly at: readonly string[];
  /** Whether SHA256SUMS was made anew, so that its check must not be the one that notices. */
  readonly summed: boolean;
  /** Whether the OpenSSL recipe covers it too. */
  readonly recipe: boolean;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const SUMS = 'SHA256SUMS';

/** Writes SHA256SUMS anew: whoever changes a file can do that. */
function summed(files: Files): Files {
  const others = entriesOf(files).filter(({ name }) => name !== SUMS);
  const sums = others.map(({ name, body }) => `${sha256(body)}  ${name}\n`).join('');
  return new Map(files).set(SUMS, Buffer.from(sums));
}

/** Flips the lowest bit of one byte. */
function flipped(bytes: Buffer, at: number): Buffer {
  const out = Buffer.from(bytes);
  out[at] = out[at]! ^ 1;
  return out;
}

type Finder = readonly (readonly [pattern: RegExp, at: readonly string[], recipe?: boolean])[];

/** Which check finds one changed byte in which file. */
const CHANGED: Finder = [
  [/^README\.txt$/, ['container.texts']],
  [/^VERIFY\.md$/, ['container.texts']],
  [/^statement\.json$/, ['statement.copies'], true],
  [/^statement\.sig$/, ['statement.copies'], true],
  [/^statement\.dsse\.json$/, ['statement.copies'], true],
  [/^key\/public/, ['statement.digests'], true],
  [/^key\/request/, ['statement.digests', 'key.request'], true],
  [/^key\/test/, ['statement.digests', 'key.test-signature'], true],
  [/^certs\/attestation/, ['statement.digests'], true],
  [/^certs\/operator/, ['statement.digests', 'certificate.chain'], true],
  [/^ceremony\/plan/, ['statement.digests', 'plan.hashes'], true],
  [/^ceremony\/minutes/, ['statement.digests', 'ledger.minutes'], true],
  [/^approvals\//, ['statement.digests', 'approvals.signatures'], true],
  [/^log\/range\.jsonl$/, ['ledger.range'], true],
  [/^log\/range\.proof$/, ['ledger.range']],
  [/^log\/disclosures/, ['ledger.disclosures']],
  [/^log\/\d+\.entry/, ['ledger.proofs'], true],
  [/^log\/\d+\.tlog-proof/, ['ledger.proofs'], true],
  [/^log\/head-/, ['ledger.heads']],
];

const finderOf = (name: string) => CHANGED.find(([pattern]) => pattern.test(name));

/** Files that are in every bundle by name, or by the statement. Their absence is noticed by the file list. */
function removals(files: Files): Mutation[] {
  return [...files.keys()]
    .filter((name) => name !== SUMS)
    .filter((name, i, all) => {
      // One of each kind of numbered file is enough; every other file is removed once.
      const kind = name.replace(/\d+/g, 'N');
      return all.findIndex((other) => other.replace(/\d+/g, 'N') === kind) === i;
    })
    .map((name) => {
      const left = new Map(files);
      left.delete(name);
      const always = !/^(log\/(\d|head-)|approvals\/|key\/(request|test))/.test(name);
      const at = always || /^log\//.test(name) ? ['container.files'] : ['statement.digests', 'container.files'];
      return { name: `${name} removed`, archive: zip(entriesOf(summed(left))), at, summed: true, recipe: false };
    });
}

/** The range proof begins with its hashes and ends with the checkpoint, which has mutations of its own. */
const middleOf = (name: string, body: Buffer): number =>
  name === 'log/range.proof' ? 50 : Math.floor(body.length / 2);

const changes = (files: Files): Mutation[] =>
  [...files]
    .filter(([name, body]) => name !== SUMS && body.length > 0)
    .map(([name, body]) => ({
      name: `one bit of ${name} changed`,
      archive: zip(entriesOf(summed(new Map(files).set(name, flipped(body, middleOf(name, body)))))),
      at: finderOf(name)?.[1] ?? ['container.files'],
      summed: true,
      recipe: finderOf(name)?.[2] ?? false,
    }));

/** Tricks with the archive itself. */
function archives(archive: Buffer, files: Files): Mutation[] {
  const entries = entriesOf(files);
  const with_ = (name: string, fault: Partial<Entry>): Buffer =>
    zip(entries.map((entry) => (entry.name === name ? { ...entry, ...fault } : entry)));
  const inData = archive.indexOf('"predicateType"');
  const list: readonly (readonly [string, Buffer])[] = [
    ['a byte of stored data changed, checksum left', flipped(archive, inData + 3)],
    ['a byte after the end', Buffer.concat([archive, Buffer.from('x')])],
    ['bytes before the beginning', Buffer.concat([Buffer.from('#!/bin/sh\n'), archive])],
    ['the last byte cut off', archive.subarray(0, -1)],
    ['an archive comment', zip(entries, 'verified')],
    ['two entries of one name', zip([...entries, { name: 'statement.json', body: Buffer.from('{}') }])],
    ['another name in the local header', with_('statement.json', { localName: 'statement.jsoN' })],
    ['a compressed entry', with_('ceremony/plan.json', { deflate: true })],
    ['an extra field', with_('README.txt', { extra: Buffer.from('55540000', 'hex') })],
    ['another date', with_('README.txt', { date: 0x5a72 })],
    ['an executable mode', with_('README.txt', { mode: 0o100755 })],
    ['entries in another order', zip([...entries].reverse())],
    ['spare bytes between entries', with_('statement.json', { gap: Buffer.from('hidden') })],
    ['a path that climbs out', zip([{ name: '../evil.sh', body: Buffer.from('x') }, ...entries])],
    ['no archive at all', Buffer.from('%PDF-1.7\n')],
  ];
  return list.map(([name, bytes]) => ({ name, archive: bytes, at: ['container.zip'], summed: false, recipe: false }));
}

/**
 * All mutations of a bundle. `other` is a genuine bundle of another vault, from which whole parts are taken.
 */
export function mutationsOf(archive: Buffer, other: Buffer): Mutation[] {
  const files = unzip(archive);
  const edited = edits(files, unzip(other)).map(([name, at, apply, recipe = false]) => {
    const copy = new Map(files);
    apply(copy);
    return { name, archive: zip(entriesOf(summed(copy))), at, summed: true, recipe };
  });
  const unsummed: Mutation = {
    name: 'a digest in SHA256SUMS changed',
    archive: zip(entriesOf(new Map(files).set(SUMS, flipped(files.get(SUMS)!, 3)))),
    at: ['container.sums'],
    summed: false,
    recipe: true,
  };
  return [unsummed, ...archives(archive, files), ...edited, ...changes(files), ...removals(files)];
}
