/** Faults that a person would make on purpose, inside the files of a bundle. Nothing here comes from the product. */
import { changeEdits } from './changes.ts';
import { edit, envelopeWith, restate, type Edit } from './edit.ts';
import type { Files } from './zip.ts';

/** Replaces `to` for the checkpoint, or a part of it, in every file that carries it. */
function everywhere(files: Files, change: (text: string) => string): void {
  for (const name of files.keys()) if (/\.(tlog-proof|consistency|proof)$/.test(name)) edit(files, name, change);
}

const ORDERS: Readonly<Record<number, bigint>> = {
  32: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  48: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
};

/** The other s of a DER ECDSA signature: still valid arithmetic, another spelling. Null for other signatures. */
function otherS(signature: Buffer): Buffer | null {
  if (signature[0] !== 0x30 || signature[1]! !== signature.length - 2) return null;
  const rLength = signature[3]!;
  const s = BigInt(`0x${signature.toString('hex', 6 + rLength)}`);
  const r = signature.subarray(2, 4 + rLength);
  const order = ORDERS[rLength <= 33 ? 32 : 48]!;
  let high = (order - s).toString(16);
  if (high.length % 2 === 1) high = `0${high}`;
  const bytes = Buffer.from(parseInt(high.slice(0, 2), 16) >= 0x80 ? `00${high}` : high, 'hex');
  const body = Buffer.concat([r, Buffer.from([2, bytes.length]), bytes]);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}

/** Edits by someone who knows the format and repairs the digests they can repair. */
export function edits(files: Files, other: Files): readonly (readonly [string, readonly string[], Edit, boolean?])[] {
  const approvals = [...files.keys()].filter((name) => name.startsWith('approvals/')).sort();
  const [firstApproval, secondApproval] = approvals as [string, string];
  const step = firstApproval.replace(/^approvals\/custodian-\d+-|\.dsse\.json$/g, '');
  const anotherStep = approvals.find((name) => !name.endsWith(`-${step}.dsse.json`));
  const foreign = [...other.keys()].find((name) => name.startsWith('approvals/'))!;
  const lines = (text: string): string[] => text.trimEnd().split('\n');
  const statement = JSON.parse(files.get('statement.json')!.toString()) as {
    predicate: { log: { events: { seq: number }[] } };
  };
  const [seqA, seqB] = statement.predicate.log.events.map(({ seq }) => seq) as [number, number];
  const wordsThere = files.get('log/disclosures.jsonl')!.length > 0;
  const high = otherS(files.get('statement.sig')!);
  const list: (readonly [string, readonly string[], Edit, boolean?])[] = [
    ['a file added', ['container.files'], (f) => f.set('notes.txt', Buffer.from('hello\n'))],
    [
      'a file added among the evidence',
      ['container.files', 'statement.digests'],
      (f) => f.set('ceremony/video.sha256', Buffer.from('00\n')),
    ],
    [
      'the statement upgraded in statement.json alone',
      ['statement.copies', 'statement.shape'],
      (f) => edit(f, 'statement.json', (t) => t.replace('software-asserted', 'vendor-attested')),
      true,
    ],
    [
      'the statement edited in both copies',
      ['statement.signature'],
      (f) => restate(f, (t) => t.replace(/"custody":"operator-pin"/, '"custody":"operator-piN"')),
      true,
    ],
    [
      'the label in the plan edited',
      ['statement.digests', 'plan.hashes'],
      (f) => edit(f, 'ceremony/plan.json', (t) => t.replace(/"label":"([^"]*)"/, '"label":"$1x"')),
      true,
    ],
    [
      'a confirmation in the minutes edited',
      ['statement.digests', 'ledger.minutes'],
      (f) => edit(f, 'ceremony/minutes.json', (t) => t.replace('"what":"step.done"', '"what":"step.donE"')),
      true,
    ],
    [
      'the public key of another vault',
      ['statement.digests', 'key.public'],
      (f) => f.set('key/public.spki.pem', other.get('key/public.spki.pem')!),
      true,
    ],
    [
      'the attestation certificate of another vault',
      ['certificate.chain', 'certificate.signer', 'statement.signature'],
      (f) => f.set('certs/attestation-key.pem', other.get('certs/attestation-key.pem')!),
      true,
    ],
    [
      'the operator root of another vault',
      ['certificate.chain', 'statement.digests'],
      (f) => f.set('certs/operator-root.pem', other.get('certs/operator-root.pem')!),
      true,
    ],
    [
      'the statement and its signature of another vault',
      ['certificate.signer'],
      (f) => ['statement.json', 'statement.sig', 'statement.dsse.json'].forEach((n) => f.set(n, other.get(n)!)),
      true,
    ],
    [
      'an approval for another plan',
      ['statement.digests', 'approvals.signatures'],
      (f) => f.set(firstApproval, other.get(foreign)!),
      true,
    ],
    [
      'one approval copied over another',
      ['statement.digests', 'approvals.quorum'],
      (f) => f.set(secondApproval, f.get(firstApproval)!),
      true,
    ],
    [
      'the ledger of another vault',
      ['ledger.range', 'lifecycle.state'],
      (f) => f.set('log/range.jsonl', other.get('log/range.jsonl')!),
      true,
    ],
    [
      'the last entry dropped',
      ['ledger.range'],
      (f) => edit(f, 'log/range.jsonl', (t) => `${lines(t).slice(0, -1).join('\n')}\n`),
    ],
    [
      'an entry dropped in the middle',
      ['ledger.range', 'ledger.chain'],
      (f) =>
        edit(
          f,
          'log/range.jsonl',
          (t) =>
            `${lines(t)
              .filter((_, i) => i !== 2)
              .join('\n')}\n`,
        ),
      true,
    ],
    [
      'two entries exchanged',
      ['ledger.range', 'ledger.chain'],
      (f) =>
        edit(f, 'log/range.jsonl', (t) => {
          const [a, b, c, ...rest] = lines(t);
          return `${[a, c, b, ...rest].join('\n')}\n`;
        }),
      true,
    ],
    [
      'a time in the ledger edited',
      ['ledger.range'],
      (f) => edit(f, 'log/range.jsonl', (t) => t.replace(/"wall":"20(\d\d)/, '"wall":"19$1')),
      true,
    ],
    [
      'the first number of the range edited',
      ['ledger.range'],
      (f) =>
        edit(f, 'log/range.proof', (t) =>
          t.replace(/^range (\d+) (\d+)$/m, (_, a: string, b: string) => `range ${Number(a) + 1} ${Number(b) + 1}`),
        ),
    ],
    [
      'a hash of the range proof dropped',
      ['ledger.range'],
      (f) => edit(f, 'log/range.proof', (t) => t.replace(/^(range .*\n).*\n/m, '$1')),
    ],
    [
      'the size in the checkpoint edited everywhere',
      ['ledger.checkpoint'],
      (f) =>
        everywhere(f, (t) =>
          t.replace(/\n(\d+)\n([A-Za-z0-9+/]{43}=\n\n)/, (_, n: string, rest: string) => `\n${Number(n) + 1}\n${rest}`),
        ),
      true,
    ],
    [
      'the root in the checkpoint edited everywhere',
      ['ledger.checkpoint', 'ledger.range', 'ledger.proofs', 'ledger.heads'],
      (f) =>
        everywhere(f, (t) =>
          t.replace(
            /\n(\d+\n)([A-Za-z0-9+/])([A-Za-z0-9+/]{42}=\n\n\u2014)/,
            (_, size: string, c: string, rest: string) => `\n${size}${c === 'A' ? 'B' : 'A'}${rest}`,
          ),
        ),
      true,
    ],
    [
      'an unknown signature line on the checkpoint everywhere',
      ['ledger.checkpoint'],
      (f) => everywhere(f, (t) => `${t}\u2014 stranger AAAAAAAA\n`),
    ],
    [
      'another checkpoint in one proof',
      ['ledger.proofs'],
      (f) => edit(f, `log/${seqA}.tlog-proof`, (t) => t.replace(/\n\u2014 .*\n$/, (line) => line + line.slice(1))),
      true,
    ],
    [
      'the proofs of two entries exchanged',
      ['ledger.proofs'],
      (f) => {
        const [a, b] = [f.get(`log/${seqA}.tlog-proof`)!, f.get(`log/${seqB}.tlog-proof`)!];
        f.set(`log/${seqA}.tlog-proof`, b).set(`log/${seqB}.tlog-proof`, a);
      },
      true,
    ],
    [
      'the index of a proof edited',
      ['ledger.proofs'],
      (f) =>
        edit(f, `log/${seqA}.tlog-proof`, (t) =>
          t.replace(/^index (\d+)$/m, (_, n: string) => `index ${Number(n) + 1}`),
        ),
      true,
    ],
    [
      'opaque bytes added to a proof',
      ['ledger.proofs'],
      (f) => edit(f, `log/${seqA}.tlog-proof`, (t) => t.replace('\nindex', '\nextra AAAA\nindex')),
    ],
    [
      'VERIFY.md rewritten',
      ['container.texts'],
      (f) => f.set('VERIFY.md', Buffer.from("```sh\necho 'Every command succeeded.'\n```\n")),
    ],
    [
      'the warning taken out of README.txt',
      ['container.texts'],
      (f) => edit(f, 'README.txt', (t) => t.replace(/^.*\n/, '')),
    ],
    [
      'a second signature in the envelope',
      ['statement.copies'],
      (f) =>
        envelopeWith(f, (e) =>
          JSON.stringify({ ...e, signatures: [...(e['signatures'] as object[]), ...(e['signatures'] as object[])] }),
        ),
    ],
    ['white space in the envelope', ['statement.copies'], (f) => envelopeWith(f, (e) => JSON.stringify(e, null, 1))],
    [
      'unpadded or URL-safe base64 in the envelope',
      ['statement.copies'],
      (f) =>
        edit(f, 'statement.dsse.json', (t) =>
          t.replace(
            /"sig":"([^"]*)"/,
            (_, sig: string) => `"sig":"${Buffer.from(sig, 'base64').toString('base64url')}-"`,
          ),
        ),
    ],
    [
      'a duplicate member in the envelope',
      ['statement.copies'],
      (f) => edit(f, 'statement.dsse.json', (t) => t.replace('{', '{"payload":"",')),
    ],
    [
      'another payload type in the envelope',
      ['statement.signature'],
      (f) => edit(f, 'statement.dsse.json', (t) => t.replace('vnd.in-toto+json', 'vnd.in-toto+jsoN')),
      true,
    ],
    [
      'another key id in the envelope',
      ['statement.signature'],
      (f) =>
        edit(f, 'statement.dsse.json', (t) =>
          t.replace(/"keyid":"./, (m) => m.slice(0, -1) + (m.endsWith('0') ? '1' : '0')),
        ),
    ],
  ];
  if (anotherStep !== undefined)
    list.push([
      'an approval of this ceremony for another step',
      ['statement.digests', 'approvals.binding'],
      (f) => f.set(firstApproval, f.get(anotherStep)!),
      true,
    ]);
  if (wordsThere)
    list.push(
      [
        'a disclosed word withheld',
        ['ledger.disclosures'],
        (f) =>
          edit(f, 'log/disclosures.jsonl', (t) =>
            lines(t)
              .slice(1)
              .map((l) => `${l}\n`)
              .join(''),
          ),
      ],
      [
        'a disclosed word of another entry added',
        ['ledger.disclosures'],
        (f) =>
          edit(f, 'log/disclosures.jsonl', (t) =>
            t.replace('["', `["${Buffer.from('["AAAA","name","Eve"]').toString('base64url')}","`),
          ),
      ],
    );
  if (files.has('key/test.sig') && other.has('key/test.sig'))
    list.push([
      'the test signature of another key',
      ['statement.digests', 'key.test-signature'],
      (f) => f.set('key/test.sig', other.get('key/test.sig')!),
      true,
    ]);
  if (files.has('key/request.csr.pem') && other.has('key/request.csr.pem'))
    list.push([
      'the certificate request of another key',
      ['statement.digests', 'key.request'],
      (f) => f.set('key/request.csr.pem', other.get('key/request.csr.pem')!),
      true,
    ]);
  if (high)
    list.push([
      'the other spelling of the statement signature',
      ['statement.signature'],
      (f) => {
        f.set('statement.sig', high);
        edit(f, 'statement.dsse.json', (t) => t.replace(/"sig":"[^"]*"/, `"sig":"${high.toString('base64')}"`));
      },
    ]);
  return [...list, ...changeEdits(files, other)];
}
