package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strconv"
)

const (
	maxLeaf    = 65535
	maxInteger = 1<<53 - 1
	maxDepth   = 64
)

var (
	keyForm     = regexp.MustCompile(`^[a-z][A-Za-z0-9_]{0,63}$`)
	integerForm = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,15})$`)
)

// entry is what the chain needs of an entry.
type entry struct {
	seq         int64
	prev        string
	environment string
}

// readEntry decodes leaf bytes, writes them again in canonical form and compares. encoding/json lets duplicate members
// and bad UTF-8 pass; after either the bytes written differ from those read.
func readEntry(leaf []byte) (entry, error) {
	if len(leaf) > maxLeaf {
		return entry{}, errors.New("too long")
	}
	decoder := json.NewDecoder(bytes.NewReader(leaf))
	decoder.UseNumber()
	var value interface{}
	if err := decoder.Decode(&value); err != nil {
		return entry{}, errors.New("not JSON")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return entry{}, errors.New("more than one value")
	}
	written, err := canonical(make([]byte, 0, len(leaf)), value, 0)
	if err != nil {
		return entry{}, err
	}
	if plant != "canonical" && !bytes.Equal(written, leaf) {
		return entry{}, errors.New("not in canonical form")
	}
	members, ok := value.(map[string]interface{})
	if !ok {
		return entry{}, errors.New("not an object")
	}
	version, _ := members["v"].(json.Number)
	number, _ := members["seq"].(json.Number)
	prev, _ := members["prev"].(string)
	environment, _ := members["environment"].(string)
	seq, err := strconv.ParseInt(string(number), 10, 64)
	if err != nil || version != "1" {
		return entry{}, errors.New("not an entry of version 1")
	}
	return entry{seq, prev, environment}, nil
}

// canonical writes RFC 8785 for the ledger's profile, in which numbers are safe integers and member names are plain
// ASCII, so that sorting by bytes is sorting by UTF-16 code units.
func canonical(out []byte, value interface{}, depth int) ([]byte, error) {
	if depth > maxDepth {
		return nil, errors.New("nested too deeply")
	}
	switch v := value.(type) {
	case nil:
		return append(out, "null"...), nil
	case bool:
		return strconv.AppendBool(out, v), nil
	case json.Number:
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil || !integerForm.MatchString(string(v)) || n > maxInteger || n < -maxInteger {
			return nil, fmt.Errorf("number %s", v)
		}
		return append(out, v...), nil
	case string:
		return quoted(out, v), nil
	case []interface{}:
		out = append(out, '[')
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			var err error
			if out, err = canonical(out, item, depth+1); err != nil {
				return nil, err
			}
		}
		return append(out, ']'), nil
	case map[string]interface{}:
		names := make([]string, 0, len(v))
		for name := range v {
			if !keyForm.MatchString(name) {
				return nil, fmt.Errorf("member name %q", name)
			}
			names = append(names, name)
		}
		sort.Strings(names)
		out = append(out, '{')
		for i, name := range names {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(quoted(out, name), ':')
			var err error
			if out, err = canonical(out, v[name], depth+1); err != nil {
				return nil, err
			}
		}
		return append(out, '}'), nil
	}
	return nil, fmt.Errorf("unexpected %T", value)
}

// quoted writes a string as ECMAScript's JSON.stringify does: two-character escapes where there are some, \u00xx for the
// other control characters, everything else as it is.
func quoted(out []byte, text string) []byte {
	out = append(out, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c == '\b':
			out = append(out, `\b`...)
		case c == '\t':
			out = append(out, `\t`...)
		case c == '\n':
			out = append(out, `\n`...)
		case c == '\f':
			out = append(out, `\f`...)
		case c == '\r':
			out = append(out, `\r`...)
		case c < 0x20:
			out = append(out, fmt.Sprintf(`\u%04x`, c)...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
