// Command verify is a second opinion on a sealed ledger. It is written from the published formats (RFC 6962, RFC 8785,
// C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof, tlog-witness) with Go's standard library and golang.org/x/mod, and
// shares nothing with the application: no code, no generated tables, no test data.
//
//	verify ledger DIR VKEY...              journal.jsonl and every checkpoints/*.note under DIR
//	verify inclusion FILE LEAF-HASH VKEY...   a .tlog-proof file for the entry with that leaf hash (hex)
//	verify consistency FILE OLD-ROOT VKEY...  a consistency file from the tree with that root (hex)
//	verify leaves                             lines of hex on standard input, each judged as an entry's bytes
//
// The first VKEY is the key of the log and names its origin; the others are cosigners. It prints "OK size root" and ends
// with 0, or "WRONG reason" and 1. Other failures end with 2. Not checked: event schemas, pairs of intent and outcome,
// clocks, disclosures, blobs.
//
// PLANT=check leaves one check out. A test plants each in turn, to show that the comparison would notice.
package main

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/mod/sumdb/tlog"
)

var plant = os.Getenv("PLANT")

// wrong is a finding about what was verified, as opposed to a failure to read it.
type wrong struct{ reason string }

func (w wrong) Error() string { return w.reason }

func wrongf(format string, parts ...interface{}) error {
	return wrong{fmt.Sprintf(format, parts...)}
}

// check is nil when good, or when the named check was left out.
func check(name string, good bool, format string, parts ...interface{}) error {
	if good || plant == name {
		return nil
	}
	return wrongf(format, parts...)
}

func hashFromHex(text string) (tlog.Hash, error) {
	var hash tlog.Hash
	bytes, err := hex.DecodeString(text)
	if err != nil || len(bytes) != tlog.HashSize {
		return hash, fmt.Errorf("not a hash: %s", text)
	}
	copy(hash[:], bytes)
	return hash, nil
}

func run(args []string) (head, error) {
	if len(args) == 1 && args[0] == "leaves" {
		return head{}, leaves()
	}
	if len(args) < 3 {
		return head{}, errors.New("usage: verify ledger DIR VKEY... | inclusion FILE LEAF-HASH VKEY... | consistency FILE OLD-ROOT VKEY...")
	}
	if args[0] == "ledger" {
		keys, err := readKeys(args[2:])
		if err != nil {
			return head{}, err
		}
		return verifyLedger(args[1], keys)
	}
	hash, err := hashFromHex(args[2])
	if err != nil {
		return head{}, err
	}
	keys, err := readKeys(args[3:])
	if err != nil {
		return head{}, err
	}
	file, err := os.ReadFile(args[1])
	if err != nil {
		return head{}, err
	}
	switch args[0] {
	case "inclusion":
		return verifyInclusion(file, hash, keys)
	case "consistency":
		return verifyConsistency(file, hash, keys)
	}
	return head{}, fmt.Errorf("unknown command: %s", args[0])
}

// leaves answers "good" or "bad" for each line of standard input.
func leaves() error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		leaf, err := hex.DecodeString(lines.Text())
		if err != nil {
			return err
		}
		verdict := "good"
		if _, err := readEntry(leaf); err != nil {
			verdict = "bad"
		}
		fmt.Println(verdict)
	}
	return lines.Err()
}

func main() {
	found, err := run(os.Args[1:])
	var finding wrong
	switch {
	case errors.As(err, &finding):
		fmt.Printf("WRONG %s\n", finding.reason)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	case found.origin != "":
		fmt.Printf("OK %d %x\n", found.size, found.root[:])
	}
	if os.Getenv("STATISTICS") != "" {
		var usage syscall.Rusage
		if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) == nil {
			fmt.Fprintf(os.Stderr, "peak %d KiB\n", usage.Maxrss)
		}
	}
}
