package sheet

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hotline/centre/edit"
)

// Kind is what a table is of.
type Kind string

// The kinds of table.
const (
	Agents  Kind = "agents"
	Numbers Kind = "numbers"
	Entries Kind = "entries" // of the tables of numbers
)

// column is one column: its name, and what else it may be called.
type column struct {
	name, other string
	need        bool // of a row for something new
}

// columns are a kind's, in the order in which they are written.
func columns(k Kind) []column {
	action := column{name: "action", other: "操作"}
	switch k {
	case Agents:
		return []column{
			{"id", "工号", true},
			{"name", "姓名", false},
			{"team", "班组", false},
			{"skills", "技能", false},
			{"queues", "队列", false},
			{"weight", "权重", false},
			{"phones", "话机", false},
			{"digest", "摘要", false},
			{"password", "密码", true},
			action,
		}
	case Numbers:
		return []column{{"number", "号码", true}, {"flow", "流程", true}, action}
	case Entries:
		return []column{
			{"table", "表", true},
			{"number", "号码", true},
			{"name", "姓名", false},
			{"priority", "优先级", false},
			{"agent", "坐席", false},
			{"reason", "原因", false},
			{"until", "截止", false},
			action,
		}
	}
	return nil
}

// importer makes edits of a table.
type importer struct {
	kind   Kind
	tree   map[string]any // the file in force, as values
	cols   map[string]int
	faults []Fault
	edits  []edit.Edit
	seen   map[string]int
	found  map[string]map[string]map[string]any // of each part that was looked into
	row    Row
}

// Edits are the changes that a table asks of a file, given as values by edit.Tree. A row changes what has its id, or makes it;
// an empty cell leaves what is there, "-" takes it away, and the action "remove" takes the whole away. Edits are returned only
// without faults, each with its row.
func Edits(k Kind, s *Sheet, tree map[string]any) (edits []edit.Edit, rows []int, faults []Fault) {
	im := &importer{kind: k, tree: tree, cols: map[string]int{}, seen: map[string]int{}, found: map[string]map[string]map[string]any{}}
	im.head(s.Head)
	if len(im.faults) > 0 {
		return nil, nil, im.faults
	}
	for _, im.row = range s.Rows {
		was := len(im.edits)
		switch k {
		case Agents:
			im.agent()
		case Numbers:
			im.number()
		case Entries:
			im.entry()
		}
		for range len(im.edits) - was {
			rows = append(rows, im.row.N)
		}
	}
	if len(im.faults) > 0 {
		return nil, nil, im.faults
	}
	return im.edits, rows, nil
}

func (im *importer) head(head []string) {
	known := columns(im.kind)
	var names []string
	for _, c := range known {
		names = append(names, c.name)
	}
	for i, h := range head {
		at := slices.IndexFunc(known, func(c column) bool { return strings.EqualFold(h, c.name) || h == c.other })
		switch {
		case h == "":
		case at < 0:
			im.faults = append(im.faults, Fault{1, h, "no such column is known", nil, strings.Join(names, ", ")})
		default:
			if _, twice := im.cols[known[at].name]; twice {
				im.faults = append(im.faults, Fault{1, h, "stands twice", nil, "keep one"})
			}
			im.cols[known[at].name] = i
		}
	}
	for _, c := range known {
		if _, has := im.cols[c.name]; !has && c.need && c.name != "password" {
			im.faults = append(im.faults, Fault{1, c.name, "the column is missing", nil, "add it"})
		}
	}
}

func (im *importer) fault(column, want, problem string, args ...any) {
	im.faults = append(im.faults, Fault{im.row.N, column, problem, args, want})
}

// cell is the row's text in a column; empty: nothing is said.
func (im *importer) cell(column string) string {
	i, ok := im.cols[column]
	if !ok || i >= len(im.row.Cells) {
		return ""
	}
	return im.row.Cells[i]
}

// id is the cell that names what the row is about.
func (im *importer) id(column, within string) string {
	id := im.cell(column)
	switch {
	case id == "":
		im.fault(column, "add it", "is missing")
	case regexp.MustCompile(`^[0-9.]+[eE]\+?[0-9]+$`).MatchString(id):
		im.fault(column, "format the column as text and write the number anew", "the spreadsheet has shortened the number to %s", id)
	default:
		if first, twice := im.seen[within+"\x00"+id]; twice {
			im.fault(column, "keep one", "%s stands in row %d already", id, first)
		}
		im.seen[within+"\x00"+id] = im.row.N
		return id
	}
	return ""
}

// removes says whether the row takes something away.
func (im *importer) removes() bool {
	switch a := im.cell("action"); strings.ToLower(a) {
	case "":
		return false
	case "remove", "delete", "删除":
		return true
	default:
		im.fault("action", "empty, or remove", "%q is no action", a)
		return false
	}
}

// put notes an edit; a nil value takes away.
func (im *importer) put(value any, path ...string) {
	raw, err := json.Marshal(value)
	if err != nil {
		raw = []byte("null") // a map of texts and numbers: cannot be
	}
	im.edits = append(im.edits, edit.Edit{Path: path, Value: raw})
}

// text takes a cell over as a text.
func (im *importer) text(into map[string]any, column string) {
	switch c := im.cell(column); c {
	case "":
	case "-":
		into[column] = nil
	default:
		into[column] = c
	}
}

// whole takes a cell over as a whole number.
func (im *importer) whole(into map[string]any, column string, low, high int) {
	c := im.cell(column)
	if c == "" {
		return
	}
	if c == "-" {
		into[column] = nil
		return
	}
	n, err := strconv.Atoi(strings.TrimSuffix(c, ".0"))
	if err != nil || n < low || n > high {
		im.fault(column, fmt.Sprintf("%d – %d", low, high), "%q is no such number", c)
		return
	}
	into[column] = n
}

// choice takes a cell over that is one of a few words.
func (im *importer) choice(into map[string]any, column string, words ...string) {
	im.text(into, column)
	if c := im.cell(column); c != "" && c != "-" && !slices.Contains(words, c) {
		im.fault(column, strings.Join(words, ", "), "%q is none of the words", c)
	}
}

// find is a member of a part by its id.
func (im *importer) find(all []any, part, key, id string) map[string]any {
	found, known := im.found[part]
	if !known {
		found = make(map[string]map[string]any, len(all))
		for _, m := range all {
			if one, ok := m.(map[string]any); ok {
				found[text(one[key])] = one
			}
		}
		im.found[part] = found
	}
	return found[id]
}

// list is a part of the file that holds members with ids.
func list(tree map[string]any, key string) []any {
	all, _ := tree[key].([]any)
	return all
}

// text is a value as a cell.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}
