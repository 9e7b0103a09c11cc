package sheet

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// maxRows bounds a table.
const maxRows = 200_000

// Fault is one thing that is wrong in a table.
type Fault struct {
	Row     int    // as the spreadsheet counts, the head is 1; 0: the table as a whole
	Column  string // its name; empty: the row as a whole
	Problem string // a format of fmt
	Args    []any
	Want    string // what would be right
}

// Sheet is a table as it was read.
type Sheet struct {
	Encoding string // "utf-8", "utf-16" or "gb18030"
	Head     []string
	Rows     []Row
}

// Row is one line of a table that is not empty.
type Row struct {
	N     int // as the spreadsheet counts
	Cells []string
}

// Read reads a table as spreadsheets save it: UTF-8 with or without a mark, UTF-16 with one, GB18030 and so GBK; separated by commas,
// semicolons or tabs. A sheet is returned only without faults.
func Read(data []byte) (*Sheet, []Fault) {
	text, encoding := decode(data)
	if encoding == "" {
		return nil, []Fault{{Problem: "is neither UTF-8 nor GBK text", Want: "save it as CSV UTF-8"}}
	}
	s := &Sheet{Encoding: encoding}
	n := 0
	if rest, ok := strings.CutPrefix(text, "sep="); ok { // Excel's own first line
		_, rest, _ = strings.Cut(rest, "\n")
		text, n = rest, 1
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = separator(text), -1
	for from := int64(0); ; {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		n += 1 + emptyLines(text[from:])
		from = r.InputOffset()
		if err != nil {
			return nil, []Fault{{Row: n, Problem: "has a quote that is not closed, or one within a cell", Want: `quotes stand around a whole cell; one within it is written ""`}}
		}
		for i, c := range cells {
			cells[i] = plain(c)
		}
		switch {
		case strings.Join(cells, "") == "":
		case s.Head == nil:
			s.Head = cells
		case len(s.Rows) == maxRows:
			return nil, []Fault{{Row: n, Problem: "there are more rows than are read", Want: "make several tables of it"}}
		default:
			s.Rows = append(s.Rows, Row{n, cells})
		}
	}
	if s.Head == nil {
		return nil, []Fault{{Problem: "is empty", Want: "a first row with the columns' names"}}
	}
	return s, nil
}

// emptyLines counts the lines without anything that a text begins with: they are rows to the spreadsheet.
func emptyLines(text string) (n int) {
	for {
		text = strings.TrimPrefix(text, "\r")
		rest, ok := strings.CutPrefix(text, "\n")
		if !ok {
			return n
		}
		n, text = n+1, rest
	}
}

// decode finds out how the text is encoded; "" says that it is none of those known.
func decode(data []byte) (text, encoding string) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		if !utf8.Valid(data) {
			return "", ""
		}
		return string(data[3:]), "utf-8"
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return wide(data[2:], binary.LittleEndian), "utf-16"
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return wide(data[2:], binary.BigEndian), "utf-16"
	case utf8.Valid(data):
		return string(data), "utf-8"
	}
	b, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(b, utf8.RuneError) {
		return "", ""
	}
	return string(b), "gb18030"
}

func wide(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

// separator is what stands most often in the first line, outside quotes.
func separator(text string) rune {
	line, _, _ := strings.Cut(text, "\n")
	best, most := ',', 0
	for _, sep := range ",;\t" {
		n, quoted := 0, false
		for _, c := range line {
			if c == '"' {
				quoted = !quoted
			}
			if c == sep && !quoted {
				n++
			}
		}
		if n > most {
			best, most = sep, n
		}
	}
	return best
}

// plain is a cell without blanks around it, and without the quote that Write puts before what looks like a formula.
func plain(c string) string {
	c = strings.TrimSpace(strings.ReplaceAll(c, "\u00a0", " "))
	if rest, ok := strings.CutPrefix(c, "'"); ok && isFormula(rest) {
		return rest
	}
	return c
}
