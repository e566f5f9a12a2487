package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"crypto"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// head is a checkpoint: origin, size and root of a log.
type head struct {
	origin string
	size   int64
	root   tlog.Hash
}

var decimalForm = regexp.MustCompile(`^(0|[1-9][0-9]{0,15})$`)

func decimal(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !decimalForm.MatchString(text) || n > maxInteger {
		return 0, wrongf("not a decimal: %q", text)
	}
	return n, nil
}

func strictBase64(text string) ([]byte, error) {
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || base64.StdEncoding.EncodeToString(decoded) != text {
		return nil, wrongf("not base64: %q", text)
	}
	return decoded, nil
}

func strictHash(text string) (hash tlog.Hash, err error) {
	decoded, err := strictBase64(text)
	if err != nil {
		return hash, err
	}
	if len(decoded) != tlog.HashSize {
		return hash, wrongf("not a hash: %q", text)
	}
	copy(hash[:], decoded)
	return hash, nil
}

// verifier is one key of a type that x/mod does not know; it knows Ed25519 only.
type verifier struct {
	name   string
	id     uint32
	verify func(message, signature []byte) bool
}

func (v verifier) Name() string    { return v.name }
func (v verifier) KeyHash() uint32 { return v.id }
func (v verifier) Verify(message, sig []byte) bool {
	return plant == "signature" || v.verify(message, sig)
}

type verifiers []note.Verifier

func (v verifiers) log() note.Verifier { return v[0] }

const rsaIdentifier = "PKIX-RSA-PKCS#1v1.5"

func idOf(parts ...[]byte) uint32 {
	sum := sha256.Sum256(bytes.Join(parts, nil))
	return binary.BigEndian.Uint32(sum[:4])
}

func readKeys(texts []string) (verifiers, error) {
	var keys verifiers
	for _, text := range texts {
		key, err := readKey(text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("no key of the log")
	}
	return keys, nil
}

// readKey reads a vkey: name, key id in hex, base64 of type and public key.
func readKey(text string) (note.Verifier, error) {
	parts := strings.SplitN(text, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("not a vkey: %s", text)
	}
	name := parts[0]
	material, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(material) < 2 {
		return nil, fmt.Errorf("not a vkey: %s", text)
	}
	var key verifier
	switch material[0] {
	case 0x01:
		stock, err := note.NewVerifier(text)
		if err != nil {
			return nil, err
		}
		if len(material) != 1+ed25519.PublicKeySize {
			return nil, fmt.Errorf("not an Ed25519 key: %s", text)
		}
		key = verifier{name, stock.KeyHash(), stock.Verify}
	case 0x02:
		public, err := x509.ParsePKIXPublicKey(material[1:])
		if err != nil {
			return nil, err
		}
		ec, ok := public.(*ecdsa.PublicKey)
		if !ok || (ec.Curve != elliptic.P256() && ec.Curve != elliptic.P384()) {
			return nil, fmt.Errorf("not an ECDSA key on P-256 or P-384: %s", text)
		}
		key = verifier{name, idOf(material[1:]), func(message, signature []byte) bool {
			digest := sha256.Sum256(message)
			return ecdsa.VerifyASN1(ec, digest[:], signature)
		}}
	case 0x04:
		if len(material) != 1+ed25519.PublicKeySize {
			return nil, fmt.Errorf("not an Ed25519 key: %s", text)
		}
		public := ed25519.PublicKey(material[1:])
		key = verifier{name, idOf([]byte(name+"\n"), material), func(message, signature []byte) bool {
			// tlog-cosignature: the time stands before the signature, and is signed with the note's text.
			if len(signature) != 8+ed25519.SignatureSize {
				return false
			}
			time := binary.BigEndian.Uint64(signature)
			if time > maxInteger {
				return false
			}
			if plant == "cosignature-time" {
				return true
			}
			signed := append([]byte(fmt.Sprintf("cosignature/v1\ntime %d\n", time)), message...)
			return ed25519.Verify(public, signed, signature[8:])
		}}
	case 0xff:
		if !bytes.HasPrefix(material[1:], []byte(rsaIdentifier)) {
			return nil, fmt.Errorf("an unknown key type: %s", text)
		}
		public, err := x509.ParsePKIXPublicKey(material[1+len(rsaIdentifier):])
		if err != nil {
			return nil, err
		}
		key1, ok := public.(*rsa.PublicKey)
		if !ok || key1.N.BitLen() < 3072 {
			return nil, fmt.Errorf("not an RSA key of 3072 bits or more: %s", text)
		}
		key = verifier{name, idOf([]byte(name+"\n"), material), func(message, signature []byte) bool {
			digest := sha256.Sum256(message)
			return rsa.VerifyPKCS1v15(key1, crypto.SHA256, digest[:], signature) == nil
		}}
	default:
		return nil, fmt.Errorf("an unknown key type: %s", text)
	}
	if fmt.Sprintf("%08x", key.id) != parts[1] {
		return nil, fmt.Errorf("the key id of %s does not belong to its key", text)
	}
	return key, nil
}

// openCheckpoint opens a note with x/mod and reads the checkpoint in it. The log itself must have signed it.
func openCheckpoint(text []byte, keys verifiers) (head, error) {
	opened, err := note.Open(text, note.VerifierList(keys...))
	if err != nil {
		return head{}, wrongf("%v", err)
	}
	if err := everyKnownSignature(text, keys); err != nil {
		return head{}, err
	}
	byLog := false
	for _, signature := range opened.Sigs {
		byLog = byLog || (signature.Name == keys.log().Name() && signature.Hash == keys.log().KeyHash())
	}
	if !byLog {
		return head{}, wrongf("not signed by the log")
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return head{}, wrongf("not a checkpoint")
	}
	for _, line := range lines[:len(lines)-1] {
		if line == "" {
			return head{}, wrongf("an empty line in the checkpoint")
		}
	}
	if err := check("origin", lines[0] == keys.log().Name(), "a checkpoint of %s", lines[0]); err != nil {
		return head{}, err
	}
	size, err := decimal(lines[1])
	if err != nil {
		return head{}, err
	}
	root, err := strictHash(lines[2])
	if err != nil {
		return head{}, err
	}
	return head{lines[0], size, root}, nil
}

// everyKnownSignature closes a gap of note.Open, which looks at the first signature of a key and drops the others:
// signed-note rejects the note for any bad signature of a known key. It also insists on one spelling of base64.
func everyKnownSignature(text []byte, keys verifiers) error {
	at := bytes.LastIndex(text, []byte("\n\n"))
	signed, lines := text[:at+1], strings.Split(strings.TrimSuffix(string(text[at+2:]), "\n"), "\n")
	for _, line := range lines {
		fields := strings.Split(strings.TrimPrefix(line, "\u2014 "), " ")
		if len(fields) != 2 {
			return wrongf("a line that is no signature")
		}
		decoded, err := strictBase64(fields[1])
		if err != nil {
			return err
		}
		for _, key := range keys {
			known := fields[0] == key.Name() && hex.EncodeToString(decoded[:4]) == fmt.Sprintf("%08x", key.KeyHash())
			if known && !key.Verify(signed, decoded[4:]) {
				return wrongf("a bad signature of %s", key.Name())
			}
		}
	}
	return nil
}
