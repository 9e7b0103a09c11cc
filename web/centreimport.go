package web

import (
	"context"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"hotline/centre/edit"
	"hotline/centre/sheet"
	"hotline/web/auth"
)

type sheetIn struct {
	Kind sheet.Kind `path:"kind" enum:"agents,numbers,entries" doc:"entries: of the tables of numbers."`
}

type importIn struct {
	Kind    sheet.Kind `path:"kind" enum:"agents,numbers,entries"`
	Base    string     `query:"base" maxLength:"64" doc:"SHA-256 of the file in force that was looked at."`
	Publish bool       `query:"publish" doc:"Put it in force if there are no faults; else it is only looked at."`
	Note    string     `query:"note" maxLength:"500"`
	RawBody []byte     `contentType:"text/csv"`
}

type sheetFault struct {
	Row     int    `json:"row" doc:"As a spreadsheet counts; 0: the table as a whole."`
	Column  string `json:"column,omitempty"`
	Problem string `json:"problem"`
	Want    string `json:"want,omitempty" doc:"What would be right."`
}

type imported struct {
	SHA256   string       `json:"sha256,omitempty"`
	Base     string       `json:"base"`
	Encoding string       `json:"encoding,omitempty" doc:"That the table was read in."`
	Rows     int          `json:"rows"`
	Faults   []sheetFault `json:"faults"`
	Changes  []changeView `json:"changes"`
	Done     bool         `json:"done" doc:"It is in force now."`
}

func (s *server) importRoutes() {
	if s.CentreFile == nil {
		return
	}
	huma.Register(s.api, s.op(auth.EditCentre, http.MethodGet, "/api/v1/centre/tables/{kind}", "export-table", "A part of the centre as a table for spreadsheets (CSV), without passwords"),
		s.exportTable)
	huma.Register(s.api, s.large(s.op(auth.EditCentre, http.MethodPost, "/api/v1/centre/tables/{kind}", "import-table", "Look at a table (CSV) and all its faults, or put it in force")),
		s.importTable)
}

func (s *server) exportTable(ctx context.Context, in *sheetIn) (*huma.StreamResponse, error) {
	source, err := s.centreText(ctx, "")
	if err != nil {
		return nil, err
	}
	tree, err := maskedTree(source)
	if err != nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	if err := s.audit(ctx, "export_centre", string(in.Kind)); err != nil {
		return nil, err
	}
	b, err := sheet.Write(sheet.Table(in.Kind, tree))
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		_, w := humago.Unwrap(c)
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+string(in.Kind)+`.csv"`)
		w.Write(b) // a client that is gone needs no answer
	}}, nil
}

func (s *server) importTable(ctx context.Context, in *importIn) (*body[imported], error) {
	base, err := s.centreText(ctx, "")
	if err != nil {
		return nil, err
	}
	out := imported{Base: sum(base), Faults: []sheetFault{}, Changes: []changeView{}}
	if in.Publish && in.Base != out.Base {
		return nil, s.problem(ctx, http.StatusConflict, textNotBase)
	}
	tree, err := maskedTree(base)
	if err != nil {
		return nil, s.problem(ctx, http.StatusServiceUnavailable, textTryAgain)
	}
	table, faults := sheet.Read(in.RawBody)
	var edits []edit.Edit
	var rows []int
	if faults == nil {
		out.Encoding, out.Rows = table.Encoding, len(table.Rows)
		edits, rows, faults = sheet.Edits(in.Kind, table, tree)
	}
	for _, f := range faults {
		out.Faults = append(out.Faults, sheetFault{f.Row, f.Column, s.say(ctx, f.Problem, f.Args...), s.word(ctx, f.Want)})
	}
	if len(out.Faults) > 0 {
		return &body[imported]{out}, nil
	}
	source, err := edit.Text(base, edits)
	if err != nil {
		return nil, s.noEdit(ctx, err)
	}
	c, err := s.judge(ctx, source, false)
	if err != nil {
		return nil, err
	}
	out.SHA256, out.Changes = c.SHA256, c.Changes
	if len(c.Faults) > 0 {
		after, _ := edit.Tree(source) // without it, faults are of no row
		for _, f := range c.Faults {
			row, column := rowOf(f.Key, after, edits, rows)
			out.Faults = append(out.Faults, sheetFault{row, column, f.Problem, f.Want})
		}
	} else if in.Publish {
		if err := s.publish(ctx, c, "import_"+string(in.Kind), in.Base, in.Note); err != nil {
			return nil, err
		}
		out.Done = true
	}
	return &body[imported]{out}, nil
}

// rowOf is the row of the table that a fault of the file comes from, and its column; the row is 0 where it comes from none.
func rowOf(key string, tree map[string]any, edits []edit.Edit, rows []int) (row int, column string) {
	m := regexp.MustCompile(`^(agents|tables)\[(\d+)\](?:\.entries\[(\d+)\])?\.?([a-z_]*)`).FindStringSubmatch(key)
	column = key
	var path []string
	if number, ok := strings.CutPrefix(key, "numbers."); ok {
		path, column = []string{"numbers", strings.Trim(number, `"`)}, "flow"
	} else if m != nil {
		path, column = []string{m[1], memberAt(tree[m[1]], m[2], "id")}, m[4]
		if m[3] != "" {
			i, _ := strconv.Atoi(m[2])
			all, _ := tree[m[1]].([]any)
			if i < len(all) {
				one, _ := all[i].(map[string]any)
				path = append(path, "entries", memberAt(one["entries"], m[3], "number"))
			}
		}
	}
	for i, e := range edits {
		if strings.Join(e.Path, "\x00") == strings.Join(path, "\x00") {
			return rows[i], column
		}
	}
	return 0, key
}

// memberAt is what the member at a place of a list is called.
func memberAt(list any, place, key string) string {
	i, err := strconv.Atoi(place)
	all, _ := list.([]any)
	if err != nil || i >= len(all) {
		return ""
	}
	one, _ := all[i].(map[string]any)
	switch id := one[key].(type) {
	case string:
		return id
	case int64:
		return strconv.FormatInt(id, 10)
	}
	return ""
}
