package web

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"hotline/reports"
	"hotline/web/table"
)

// figureRow is a row of a report by its fields in JSON.
type figureRow = map[string]any

// heads are the columns that say what a row is about, by report.
func heads(report string) []table.Col[figureRow] {
	text := func(k table.Kind, field, en, zh string) table.Col[figureRow] {
		return table.C(k, field, en, zh, func(r figureRow) table.Cell { return figureCell(k, r[field]) })
	}
	interval := []table.Col[figureRow]{
		text(table.Time, "start", "From", "时段"), text(table.Text, "label", "Interval", "当地时段"),
		table.C(table.Flag, "final", "Final", "已定稿", func(r figureRow) table.Cell { return table.Yes(r["open"] == false) }),
	}
	queue, name := text(table.ID, "queue", "Queue", "队列"), text(table.Text, "name", "Name", "名称")
	switch report {
	case "teams":
		return append(interval, text(table.ID, "team", "Team", "班组"), name, text(table.Number, "agents", "Agents", "坐席数"))
	case "survey", "fcr", "quality":
		return append(interval, text(table.Text, "group", "By", "分组"), text(table.ID, "id", "Id", "编号"), name)
	case "trunks":
		return append(interval, text(table.ID, "trunk", "Trunk", "中继"))
	case "peaks":
		return append(interval, queue, name)
	case "heatmap":
		return []table.Col[figureRow]{
			queue, name, text(table.Number, "weekday", "Weekday, 1 is Monday", "星期（1 为周一）"),
			text(table.Number, "minute", "Minute of the day", "当日分钟"), text(table.Number, "days", "Such days", "天数"),
		}
	}
	return interval
}

// figureCell is a value of JSON as a cell. A level is its ratio.
func figureCell(k table.Kind, v any) table.Cell {
	switch x := v.(type) {
	case string:
		if k == table.Time {
			var m reports.Moment
			if m.UnmarshalText([]byte(x)) != nil {
				return table.Cell{Kind: k}
			}
			return table.At(m)
		}
		if k == table.ID {
			return table.I(x)
		}
		return table.T(x)
	case float64:
		switch k {
		case table.Number:
			return table.N(int64(x))
		case table.Duration:
			return table.DF(&x)
		case table.Ratio:
			return table.R(&x)
		}
		return table.F(&x)
	case map[string]any:
		return figureCell(k, x["ratio"])
	}
	return table.Cell{Kind: k}
}

// figureKind is the kind of the column of a unit.
func figureKind(unit string) table.Kind {
	switch unit {
	case "ratio":
		return table.Ratio
	case "ms":
		return table.Duration
	case "per_hour", "mos":
		return table.Decimal
	case "time":
		return table.Time
	}
	return table.Number
}

// figureColumns are the report's figures as they are explained; what is a figure by kinds has a column for each.
func figureColumns(report string, sample figureRow) []table.Col[figureRow] {
	cols := heads(report)
	for _, f := range reports.Figures() {
		if !slices.Contains(f.Reports, report) {
			continue
		}
		kind := figureKind(f.Unit)
		parts, ok := at(sample, f.Field).(map[string]any)
		if _, level := parts["ratio"]; !ok || level {
			cols = append(cols, table.C(kind, f.ID, f.Name["en-US"], f.Name["zh-CN"], func(r figureRow) table.Cell {
				return figureCell(kind, at(r, f.Field))
			}).Is(f.Formula["en-US"], f.Formula["zh-CN"]))
			continue
		}
		for _, part := range slices.Sorted(maps.Keys(parts)) {
			if _, number := parts[part].(float64); !number {
				continue
			}
			k := table.Number
			if strings.HasSuffix(part, "_ms") {
				k = table.Duration
			}
			cols = append(cols, table.C(k, f.ID+"_"+part, f.Name["en-US"]+": "+part, f.Name["zh-CN"]+"："+part, func(r figureRow) table.Cell {
				return figureCell(k, at(r, f.Field+"."+part))
			}))
		}
	}
	return cols
}

// at is the value at a path such as survey.answered.
func at(r figureRow, path string) any {
	var v any = r
	for p := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[p]
	}
	return v
}

// figureTable is a report of rows as a table.
func figureTable[R any](name string, title table.Words, rows []R) (*table.Table, error) {
	var none R
	sample, err := fields(none)
	if err != nil {
		return nil, err
	}
	open := len(rows) == 0
	all := make([]figureRow, 0, len(rows))
	for _, r := range rows {
		f, err := fields(r)
		if err != nil {
			return nil, err
		}
		open = open || f["open"] == true
		all = append(all, f)
	}
	return table.Of(table.Table{
		Name: name, Title: title, Count: len(rows), Untotal: true, Notes: []table.Note{stateNote(open)}, Charts: chartsOf(name, all),
	}, figureColumns(name, sample), table.Each(all), nil), nil
}

func fields(v any) (figureRow, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var r figureRow
	return r, json.Unmarshal(b, &r)
}

// gaveUpTable is the abandoned contacts of one page.
func gaveUpTable(items []reports.GaveUp) *table.Table {
	type g = reports.GaveUp
	after := func(a *reports.GaveUpAfter) table.Cell {
		if a == nil {
			return table.Cell{Kind: table.Time}
		}
		return table.At(a.At)
	}
	cols := []table.Col[g]{
		table.C(table.Time, "at", "Hung up", "挂机时间", func(r g) table.Cell { return table.At(r.At) }),
		table.C(table.Text, "local", "Local time", "当地时间", func(r g) table.Cell { return table.Local(r.At) }),
		table.C(table.ID, "contact", "Contact", "联络", func(r g) table.Cell { return table.I(r.Contact) }),
		table.C(table.ID, "number", "Number", "号码", func(r g) table.Cell { return table.I(r.From.Number) }),
		table.C(table.Text, "name", "Caller", "来电者", func(r g) table.Cell { return table.T(r.From.Name) }),
		table.C(table.ID, "queue", "Queue", "队列", func(r g) table.Cell { return table.I(r.Queue) }),
		table.C(table.Text, "queue_name", "Queue's name", "队列名称", func(r g) table.Cell { return table.T(r.Name) }),
		table.C(table.Duration, "wait_ms", "Waited", "等待", func(r g) table.Cell { return table.D(r.WaitMS) }),
		table.C(table.Flag, "short", "Short", "短放弃", func(r g) table.Cell { return table.Yes(r.Short) }),
		table.C(table.Number, "rings", "Phones that rang", "振铃次数", func(r g) table.Cell { return table.N(r.Rings) }),
		table.C(table.Text, "state", "What became of it", "后续情况", func(r g) table.Cell { return table.W(gaveUpWords(r.State)) }),
		table.C(table.Time, "again_at", "Called again", "再次来电", func(r g) table.Cell { return after(r.Again) }),
		table.C(table.Time, "back_at", "Called back", "回拨", func(r g) table.Cell { return after(r.Back) }),
	}
	return table.Of(table.Table{
		Name: "abandoned", Title: table.Words{EN: "Abandoned contacts", ZH: "放弃清单"}, Count: len(items), Untotal: true,
	}, cols, table.Each(items), nil)
}

func gaveUpWords(state string) table.Words {
	words := map[string]table.Words{
		reports.GaveUpOpen: {EN: "open", ZH: "未处理"}, reports.GaveUpPromise: {EN: "promised", ZH: "已预约"},
		reports.GaveUpAgain: {EN: "called again", ZH: "再次来电"}, reports.GaveUpCalled: {EN: "called back", ZH: "已回拨"},
		reports.GaveUpReached: {EN: "reached", ZH: "已联系上"},
	}
	return cmp.Or(words[state], table.Words{EN: state, ZH: state})
}

// flowTable is the ways through the flows.
func flowTable(r *reports.IVRReport) *table.Table {
	type l = reports.IVRLink
	return table.Of(table.Table{
		Name: "ivr", Title: table.Words{EN: "Ways through the flows", ZH: "流程路径"}, Count: len(r.Links), Untotal: true, Notes: []table.Note{stateNote(r.Open)},
	}, []table.Col[l]{
		table.C(table.Text, "from", "From", "从", func(x l) table.Cell { return table.T(x.From) }),
		table.C(table.Text, "to", "To", "到", func(x l) table.Cell { return table.T(x.To) }),
		table.C(table.Number, "count", "Times", "次数", func(x l) table.Cell { return table.N(x.Count) }),
	}, table.Each(r.Links), nil)
}

// meaningTable is what every figure means.
func meaningTable(all []reports.Figure) *table.Table {
	type f = reports.Figure
	words := func(m map[string]string) table.Cell { return table.W(table.Words{EN: m["en-US"], ZH: m["zh-CN"]}) }
	return table.Of(table.Table{
		Name: "definitions", Title: table.Words{EN: "What the figures mean", ZH: "指标口径"}, Count: len(all), Untotal: true,
	}, []table.Col[f]{
		table.C(table.ID, "id", "Id", "编号", func(x f) table.Cell { return table.I(x.ID) }),
		table.C(table.Text, "name", "Name", "名称", func(x f) table.Cell { return words(x.Name) }),
		table.C(table.Text, "formula", "Formula", "公式", func(x f) table.Cell { return words(x.Formula) }),
		table.C(table.Text, "unit", "Unit", "单位", func(x f) table.Cell { return table.T(x.Unit) }),
		table.C(table.Text, "source", "Source", "依据", func(x f) table.Cell { return table.T(x.Source) }),
		table.C(table.Text, "reports", "Reports", "报表", func(x f) table.Cell { return table.T(strings.Join(x.Reports, " ")) }),
	}, table.Each(all), nil)
}
