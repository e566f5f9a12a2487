package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// peaks are the roots of the perfect subtrees of a growing tree, left to right.
type peaks struct {
	size   int64
	hashes []tlog.Hash
}

func (p *peaks) add(leaf tlog.Hash) {
	for n := p.size; n&1 == 1; n >>= 1 {
		last := len(p.hashes) - 1
		leaf = tlog.NodeHash(p.hashes[last], leaf)
		p.hashes = p.hashes[:last]
	}
	p.hashes = append(p.hashes, leaf)
	p.size++
}

func (p *peaks) root() tlog.Hash {
	root := p.hashes[len(p.hashes)-1]
	for i := len(p.hashes) - 2; i >= 0; i-- {
		root = tlog.NodeHash(p.hashes[i], root)
	}
	return root
}

// verifyLedger reads the checkpoints, then the journal once from beginning to end.
func verifyLedger(dir string, keys verifiers) (head, error) {
	stored, err := readCheckpoints(filepath.Join(dir, "checkpoints"), keys)
	if err != nil {
		return head{}, err
	}
	file, err := os.Open(filepath.Join(dir, "journal.jsonl"))
	if err != nil {
		return head{}, err
	}
	defer file.Close()
	reader := bufio.NewReaderSize(file, 1<<20)
	tree := &peaks{}
	previous := strings.Repeat("0", 64)
	environment := ""
	for n := int64(0); ; n++ {
		line, err := reader.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			break
		}
		if err == io.EOF {
			return head{}, wrongf("unfinished last line")
		}
		if err != nil {
			return head{}, err
		}
		line = line[:len(line)-1]
		if len(line) < 66 || line[64] != ' ' {
			return head{}, wrongf("line %d: form", n)
		}
		leaf := line[65:]
		hash := tlog.RecordHash(leaf)
		sum := hex.EncodeToString(hash[:])
		if err := check("leaf-hash", sum == string(line[:64]), "line %d: leaf hash", n); err != nil {
			return head{}, err
		}
		read, err := readEntry(leaf)
		if err != nil {
			return head{}, wrongf("line %d: %v", n, err)
		}
		if err := check("sequence", read.seq == n, "line %d: sequence", n); err != nil {
			return head{}, err
		}
		if err := check("chain", read.prev == previous, "line %d: chain", n); err != nil {
			return head{}, err
		}
		if n > 0 && read.environment != environment {
			return head{}, wrongf("line %d: environment", n)
		}
		environment = read.environment
		previous = sum
		tree.add(hash)
		if one, ok := stored[tree.size]; ok {
			if err := check("root", one.root == tree.root(), "checkpoint %d: root", tree.size); err != nil {
				return head{}, err
			}
			delete(stored, tree.size)
		}
	}
	for size := range stored {
		if err := check("truncation", false, "checkpoint %d: covers more than the %d entries there are", size, tree.size); err != nil {
			return head{}, err
		}
	}
	if tree.size == 0 {
		return head{}, wrongf("no entries")
	}
	return head{keys.log().Name(), tree.size, tree.root()}, nil
}

func readCheckpoints(dir string, keys verifiers) (map[int64]head, error) {
	files, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	sort.Slice(files, func(i, j int) bool { return files[i].Name() < files[j].Name() })
	stored := map[int64]head{}
	for _, file := range files {
		name := file.Name()
		if !strings.HasSuffix(name, ".note") {
			continue
		}
		note, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		found, err := openCheckpoint(note, keys)
		if err != nil {
			return nil, wrongf("%s: %v", name, err)
		}
		if name != strconv.FormatInt(found.size, 10)+".note" {
			return nil, wrongf("%s: of another size", name)
		}
		stored[found.size] = found
	}
	return stored, nil
}

// hashLines reads base64 hashes, one a line.
func hashLines(lines [][]byte) ([]tlog.Hash, error) {
	if len(lines) > 63 {
		return nil, wrongf("too many hashes")
	}
	hashes := make([]tlog.Hash, len(lines))
	for i, line := range lines {
		hash, err := strictHash(string(line))
		if err != nil {
			return nil, err
		}
		hashes[i] = hash
	}
	return hashes, nil
}

// beforeNote splits a proof file at its first empty line.
func beforeNote(file []byte) (lines [][]byte, note []byte, err error) {
	at := bytes.Index(file, []byte("\n\n"))
	if at < 0 {
		return nil, nil, wrongf("no checkpoint in the file")
	}
	return bytes.Split(file[:at], []byte("\n")), file[at+2:], nil
}

func numberAfter(line []byte, word string) (int64, error) {
	text := string(line)
	if !strings.HasPrefix(text, word+" ") {
		return 0, wrongf("no %s line", word)
	}
	return decimal(text[len(word)+1:])
}

func verifyInclusion(file []byte, leaf tlog.Hash, keys verifiers) (head, error) {
	lines, note, err := beforeNote(file)
	if err != nil {
		return head{}, err
	}
	if string(lines[0]) != "c2sp.org/tlog-proof@v1" || len(lines) < 2 {
		return head{}, wrongf("not a tlog-proof")
	}
	lines = lines[1:]
	if bytes.HasPrefix(lines[0], []byte("extra ")) && len(lines) > 1 {
		if _, err := strictBase64(string(lines[0][6:])); err != nil {
			return head{}, err
		}
		lines = lines[1:]
	}
	index, err := numberAfter(lines[0], "index")
	if err != nil {
		return head{}, err
	}
	proof, err := hashLines(lines[1:])
	if err != nil {
		return head{}, err
	}
	found, err := openCheckpoint(note, keys)
	if err != nil {
		return head{}, err
	}
	good := index < found.size && tlog.CheckRecord(proof, found.size, found.root, index, leaf) == nil
	return found, check("inclusion", good, "the entry is not at index %d", index)
}

func verifyConsistency(file []byte, old tlog.Hash, keys verifiers) (head, error) {
	lines, note, err := beforeNote(file)
	if err != nil {
		return head{}, err
	}
	size, err := numberAfter(lines[0], "old")
	if err != nil {
		return head{}, err
	}
	proof, err := hashLines(lines[1:])
	if err != nil {
		return head{}, err
	}
	found, err := openCheckpoint(note, keys)
	if err != nil {
		return head{}, err
	}
	// x/mod has no empty old tree; none is ever offered here.
	good := size > 0 && size <= found.size && tlog.CheckTree(proof, found.size, found.root, size, old) == nil
	return found, check("consistency", good, "the older tree of %d is not the beginning", size)
}
