/**
 * The text of VERIFY.md: how to check a bundle with nothing but the ordinary tools of a Debian system. Its code blocks
 * are one script; the tests run them word for word.
 */
import type { Issued } from './bundle.ts';
import type { SignName } from './spki.ts';
import { BUNDLE_SIGNING_EKU } from './x509.ts';

export interface GuideFacts {
  readonly bundleId: string;
  readonly rehearsal: boolean;
  /** Whether it is about a change of state. */
  readonly change: boolean;
  readonly signer: SignName;
  readonly subject: SignName;
  readonly request: boolean;
  readonly test: boolean;
  readonly first: number;
  readonly size: number;
  readonly time: string;
  readonly issued: Issued;
}

const PSS = '-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -sigopt rsa_mgf1_md:sha256';

/** Options of `openssl dgst` for a signature made under this name. */
const dgst = (name: SignName): string =>
  name === 'rsa-pss-sha256' ? `-sha256 ${PSS}` : `-${name.slice(name.lastIndexOf('-') + 1)}`;

const block = (code: string): string => '```sh\n' + code.trim() + '\n```\n';

const requestPart = `
## 6. The certificate request

The key signed its own request, so whoever made the request held the private key.

${block(`
openssl req -in key/request.csr.pem -verify -noout
openssl req -in key/request.csr.pem -pubkey -noout | cmp - key/public.spki.pem
`)}`;

const testPart = (name: SignName): string => `
## 7. The test signature

The key signed a challenge after it became active.

${block(`
openssl dgst ${dgst(name)} -verify key/public.spki.pem -signature key/test.sig key/test.challenge
`)}`;

/** Entries from before the ceremony are not in the range, and are in the ledger by their own proofs alone. */
const inRange = ({ change, first }: GuideFacts): string => {
  const same = `test "$(sed -n "$((index - ${first} + 1))p" log/range.jsonl)" = "$(cat "log/$index.entry.json")"`;
  return change ? `if [ "$index" -ge ${first} ]; then ${same}; fi` : same;
};

const CHANGE_UNCHECKED = `- That the states before and after follow from all entries about the key, by the table of its lifecycle. The verifier
  program replays them. That no entry about the key was left out, and that nothing was changed later: the whole ledger.
`;

const changePart = `
## 10. What was changed

The plan is about this key, whose CKA_ID follows from the entry that announced its making, and what the statement says
of each act is what the ledger recorded.

${block(`
key=$(jq -r .predicate.key.ckaId statement.json)
test "$(jq -r .subject.key ceremony/plan.json)" = "$key"
test "$(jq -r .subject.spkiSha256 ceremony/plan.json)" = "$subject"
test "$(jq -r .predicate.change.reason statement.json)" = "$(jq -r .script.reason ceremony/plan.json)"
made=$(jq -rs 'map(select(.type == "act.intent" and .data.act == "key.generate"))[0].seq' log/*.entry.json)
test "$({ printf '\\000'; cat "log/$made.entry.json"; } | sha256sum | cut -c1-40)" = "$key"
jq -c '.predicate.change.acts[]' statement.json | while read -r act; do
  entry=log/$(jq -r .outcome <<< "$act").entry.json
  test "$(jq -r .data.outcome "$entry")" = committed
  test "$(jq -c '[.data.act, .data.key, .data.enforced, (.data.gone // []), .data.error]' "$entry")" = \\
    "$(jq -c --arg key "$key" '[.act, $key, .enforced, .gone, .error]' <<< "$act")"
  jq -r '.act as $act | .objects[] | $act + ": " + .object + " " + .before + " -> " + .after' <<< "$act"
done
`)}`;

export const guideText = (facts: GuideFacts): string => `# How to verify this bundle without our software

${facts.rehearsal ? 'TEST ONLY. This bundle was made in a rehearsal.\n\n' : ''}Bundle ${facts.bundleId}, ledger entries ${facts.first} to ${facts.size - 1}.

You need bash, openssl 3, jq, unzip and the coreutils of a Debian system, and the file \`genesis.json\` of the vault, which
must have reached you by another way than this archive. Compare its SHA-256 with the digest on the paper sheet.

Unpack the archive into an empty folder with \`unzip -q FILE -d bundle\` and go into that folder. The blocks below are one
script for bash. Any line that fails ends it, and then the bundle is not to be relied on.

## 1. Begin

${block(`
set -euo pipefail
export LC_ALL=C
: "\${GENESIS:?the path of genesis.json}"
work=$(mktemp -d)
sha256sum "$GENESIS"
`)}
## 2. The files are whole, and there are no others

${block(`
sha256sum --check --strict --quiet SHA256SUMS
test "$(find . -type f | wc -l)" -eq "$(($(wc -l < SHA256SUMS) + 1))"
`)}
## 3. The attestation key belongs to the operator root of the genesis sheet

The certificate is judged at the time of the last sealed entry, ${facts.time}.

${block(`
jq -r .operatorRoot.certificate "$GENESIS" | base64 -d > "$work/root.der"
test "$(sha256sum < "$work/root.der" | cut -c1-64)" = "$(jq -r .operatorRoot.sha256 "$GENESIS")"
openssl x509 -inform DER -in "$work/root.der" -out "$work/root.pem"
time=$(tail -n 1 log/range.jsonl | jq -r .clock.wall)
openssl verify -x509_strict -no-CApath -no-CAstore -attime "$(date -u -d "$time" +%s)" \\
  -CAfile "$work/root.pem" certs/attestation-key.pem
openssl x509 -in certs/attestation-key.pem -noout -ext extendedKeyUsage > "$work/usage"
grep -qF ${BUNDLE_SIGNING_EKU} "$work/usage"
openssl x509 -in certs/attestation-key.pem -pubkey -noout > "$work/signer.pem"
`)}
## 4. The attestation key signed the statement

What is signed is the DSSE encoding of the statement, not the statement alone.

${block(`
encode() { printf 'DSSEv1 %d %s %d ' "\${#1}" "$1" "$(wc -c < "$2")"; cat "$2"; }
encode application/vnd.in-toto+json statement.json > "$work/statement.pae"
openssl dgst ${dgst(facts.signer)} -verify "$work/signer.pem" \\
  -signature statement.sig "$work/statement.pae"
test "$(jq -r .payloadType statement.dsse.json)" = application/vnd.in-toto+json
jq -r .payload statement.dsse.json | base64 -d | cmp - statement.json
jq -r '.signatures[0].sig' statement.dsse.json | base64 -d | cmp - statement.sig
`)}
## 5. The statement is about this key and these files

${block(`
subject=$(jq -r '.subject[0].digest.sha256' statement.json)
test "$(openssl pkey -pubin -in key/public.spki.pem -outform DER | sha256sum | cut -c1-64)" = "$subject"
jq -r '.predicate.evidence[] | .digest.sha256 + "  " + .name' statement.json > "$work/evidence"
sha256sum --check --strict --quiet "$work/evidence"
plan=$(sha256sum < ceremony/plan.json | cut -c1-64)
test "$(jq -r .predicate.ceremony.planSha256 statement.json)" = "$plan"
`)}${facts.request ? requestPart : ''}${facts.test ? testPart(facts.subject) : ''}
## 8. The approvals

Each approval is signed by the key that the genesis sheet has for its custodian, and is for this plan. Then the distinct
keys of each step are counted.

${block(`
for file in approvals/*.dsse.json; do
  jq -r .payload "$file" | base64 -d > "$work/approval"
  jq -r '.signatures[0].sig' "$file" | base64 -d > "$work/approval.sig"
  who=$(jq -r .custodian "$work/approval")
  jq -r --arg who "$who" '.people[] | select(.person == $who and .role == "custodian") | .spki' "$GENESIS" |
    base64 -d > "$work/custodian.der"
  openssl pkey -pubin -inform DER -in "$work/custodian.der" -out "$work/custodian.pem"
  encode application/vnd.conclave.approval+json "$work/approval" > "$work/approval.pae"
  if openssl pkey -pubin -in "$work/custodian.pem" -noout -text | head -n 1 | grep -q ED25519; then
    openssl pkeyutl -verify -rawin -pubin -inkey "$work/custodian.pem" \\
      -sigfile "$work/approval.sig" -in "$work/approval.pae"
  else
    bits=$(openssl pkey -pubin -in "$work/custodian.pem" -noout -text | head -n 1 | tr -dc 0-9)
    case $bits in
      256 | 384) set -- "-sha$bits" ;;
      521) set -- -sha512 ;;
      *) set -- -sha256 ${PSS} ;;
    esac
    openssl dgst "$@" -verify "$work/custodian.pem" -signature "$work/approval.sig" "$work/approval.pae"
  fi
  test "$(jq -r .planSha256 "$work/approval")" = "$plan"
  test "$(jq -r .decision "$work/approval")" = approve
  printf '%s %s\\n' "$(jq -r .step "$work/approval")" "$(sha256sum < "$work/custodian.der" | cut -c1-64)"
done | tee "$work/log" | grep -E '^[a-z][a-z0-9-]* [0-9a-f]{64}$' | sort -u > "$work/approved"
cat "$work/log"
jq -r '.predicate.ceremony.quorum[] | .step + " " + .action' statement.json > "$work/steps"
while read -r step action; do
  have=$(cut -d' ' -f1 "$work/approved" | grep -cxF "$step")
  jq -r --arg a "$action" '.policy.rules[] | select(.action == $a) | .all[].required' "$GENESIS" |
    while read -r need; do test "$have" -ge "$need"; done
done < "$work/steps"
`)}
## 9. The ledger

The log key of the genesis sheet signed the checkpoint. Every entry that the statement names, and the two entries that
record its signing (${facts.issued.intent} and ${facts.issued.result}), are under that checkpoint (RFC 6962).

${block(`
sed '1,/^$/d' log/range.proof > "$work/checkpoint"
head -n 3 "$work/checkpoint" > "$work/checkpoint.text"
tail -n 1 "$work/checkpoint" | cut -d' ' -f3 | base64 -d | tail -c +5 > "$work/checkpoint.sig"
jq -r .logKey.spki "$GENESIS" | base64 -d | openssl pkey -pubin -inform DER -out "$work/log.pem"
if openssl pkey -pubin -in "$work/log.pem" -noout -text | head -n 1 | grep -q ED25519; then
  openssl pkeyutl -verify -rawin -pubin -inkey "$work/log.pem" \\
    -sigfile "$work/checkpoint.sig" -in "$work/checkpoint.text"
else
  openssl dgst -sha256 -verify "$work/log.pem" -signature "$work/checkpoint.sig" "$work/checkpoint.text"
fi
test "$(head -n 1 "$work/checkpoint.text")" = "$(jq -r .origin "$GENESIS")"
size=$(sed -n 2p "$work/checkpoint.text")
hex() { base64 -d | basenc --base16 -w0 | tr A-F a-f; }
root=$(sed -n 3p "$work/checkpoint.text" | hex)
node() { printf '01%s%s' "$1" "$2" | tr a-f A-F | basenc --base16 -d | sha256sum | cut -c1-64; }
for proof in log/*.tlog-proof; do
  sed '1,/^$/d' "$proof" | cmp - "$work/checkpoint"
  index=$(sed -n 's/^index //p' "$proof")
  test "$proof" = "log/$index.tlog-proof"
  hash=$({ printf '\\000'; cat "log/$index.entry.json"; } | sha256sum | cut -c1-64)
  ${inRange(facts)}
  f=$index
  s=$((size - 1))
  for step in $(sed -n '3,/^$/p' "$proof"); do
    test "$s" -gt 0
    step=$(printf %s "$step" | hex)
    if [ $((f % 2)) -eq 1 ] || [ "$f" -eq "$s" ]; then
      hash=$(node "$step" "$hash")
      while [ $((f % 2)) -eq 0 ] && [ "$f" -ne 0 ]; do f=$((f / 2)); s=$((s / 2)); done
    else
      hash=$(node "$hash" "$step")
    fi
    f=$((f / 2))
    s=$((s / 2))
  done
  test "$s" -eq 0
  test "$hash" = "$root"
done
jq -r '.predicate.log.events[] | .leafHash + " " + (.seq | tostring)' statement.json |
  while read -r leaf seq; do
    test "$({ printf '\\000'; cat "log/$seq.entry.json"; } | sha256sum | cut -c1-64)" = "$leaf"
  done
test "$(jq -r .data.digest "log/${facts.issued.intent}.entry.json")" = "$(sha256sum < "$work/statement.pae" | cut -c1-64)"
test "$(jq -r '.data.blobs[]' "log/${facts.issued.result}.entry.json")" = "$(sha256sum < statement.dsse.json | cut -c1-64)"
`)}${facts.change ? changePart : ''}
## ${facts.change ? 11 : 10}. The entries follow one another

${block(`
previous=
while read -r entry; do
  if [ -n "$previous" ]; then test "$(printf %s "$entry" | jq -r .prev)" = "$previous"; fi
  previous=$({ printf '\\000'; printf %s "$entry"; } | sha256sum | cut -c1-64)
done < log/range.jsonl
rm -r "$work"
echo 'Every command succeeded.'
`)}
## What these commands do not check

- That the entries of the range are all there and in place under the checkpoint, and that each approval's view of the
  ledger is a part of it. The verifier program checks both.
- That each approval was in time, for this HSM and for this template, and that nothing else happened before its use.
- That the key's attributes and states follow from the ledger and the policy.
${facts.change ? CHANGE_UNCHECKED : ''}- That the archive itself is in its one agreed form.
- That the checkpoint is the one that others hold: compare its root with your own record.
- Anything that no software can: that the device is genuine, that no copy of the key exists, who sat at the keyboard.
`;
