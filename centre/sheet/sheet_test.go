package sheet

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"hotline/centre"
	"hotline/centre/edit"
)

const file = `teams: [{id: a, name: 一组}]
agents:
  - {id: "8001", name: 王芳, password: one, team: a, skills: {claims: 5, english: 3}} # best
  - {id: "8002", name: "=1+1", password: two, skills: {claims: 3}, queues: {claims: 2}}
queues: [{id: claims, needs: claims >= 3}]
tables:
  - id: vip
    entries:
      - {number: "138*", name: 张三, priority: 5, agent: "8001", until: 2026-12-31}
flows: {main: [{answer: {}}, {queue: claims}], night: [{hangup: {}}]}
numbers: {"95500": main, "+8695500": night}
`

func tree(t testing.TB, source string) map[string]any {
	t.Helper()
	m, err := edit.Tree([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestRoundTrip: what is exported and imported again changes nothing, in every encoding that spreadsheets save.
func TestRoundTrip(t *testing.T) {
	for _, k := range []Kind{Agents, Numbers, Entries} {
		head, rows := Table(k, tree(t, file))
		b, err := Write(head, rows)
		if err != nil {
			t.Fatal(err)
		}
		gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes(b[3:])
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{
			"utf-8": b, "gb18030": gbk, "semicolons": []byte(strings.ReplaceAll(strings.ReplaceAll(string(b), "; ", " 、"), ",", ";")),
			"utf-16": utf16LE(string(b[3:])), "sep": append([]byte("sep=,\r\n"), b[3:]...),
		} {
			s, faults := Read(data)
			if faults != nil {
				t.Fatalf("%s in %s: %v", k, name, faults)
			}
			edits, _, faults := Edits(k, s, tree(t, file))
			if faults != nil {
				t.Fatalf("%s in %s: %v", k, name, faults)
			}
			out, err := edit.Text([]byte(file), edits)
			if err != nil || string(out) != file {
				t.Errorf("%s in %s: %v\n%s", k, name, err, out)
			}
		}
	}
}

func utf16LE(s string) []byte {
	b := []byte{0xff, 0xfe}
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return b
}

func TestWriteIsNoFormula(t *testing.T) {
	head, rows := Table(Agents, tree(t, file))
	b, err := Write(head, rows)
	want := "\ufeffid,name,team,skills,queues,weight,phones,digest,password,action\r\n" +
		"8001,王芳,a,claims 5; english 3,,,,,,\r\n8002,'=1+1,,claims 3,claims 2,,,,,\r\n"
	if err != nil || string(b) != want {
		t.Errorf("%v\n%s\nwant\n%s", err, b, want)
	}
}

// TestImport: what a table makes of the file.
func TestImport(t *testing.T) {
	table := "工号,姓名,班组,技能,密码,操作\n8001,王小芳,,\"claims=9，vip 1\",,\n\n\"8003\",\"陈, 晨\",一组,\"claims:4\nvip 1\",three,\n8002,,,,,删除\n"
	s, faults := Read([]byte(table))
	if faults != nil {
		t.Fatal(faults)
	}
	edits, rows, faults := Edits(Agents, s, tree(t, file))
	if faults != nil || !reflect.DeepEqual(rows, []int{2, 4, 5}) {
		t.Fatal(rows, faults)
	}
	out, err := edit.Text([]byte(file), edits)
	if err != nil {
		t.Fatal(err)
	}
	want := `  - {id: "8001", name: 王小芳, password: one, team: a, skills: {claims: 9, vip: 1}} # best
  - {id: "8003", name: "陈, 晨", password: three, skills: {claims: 4, vip: 1}, team: a}
`
	if !strings.Contains(string(out), want) {
		t.Errorf("gives\n%s", out)
	}
	if _, bad := centre.Parse("f", out, nil); bad != nil {
		t.Error(bad)
	}
}

// TestEveryFaultIsNamed: all of a table's faults at once, by row and column.
func TestEveryFaultIsNamed(t *testing.T) {
	for _, c := range []struct {
		kind        Kind
		table, want string
	}{
		{Agents, "", `0 : is empty`},
		{Agents, "a\xff\xfe\x80", `0 : is neither UTF-8 nor GBK text`},
		{Agents, "id,nmae,id\n", "1 nmae: no such column is known\n1 id: stands twice"},
		{Agents, "name\nx\n", `1 id: the column is missing`},
		{Agents, "id,name\n1,\"x\n", `2 : has a quote that is not closed, or one within a cell`},
		{
			Agents, "id,team,skills,queues,weight,phones,password,action\n" +
				",,,,,,,\n8.0E+03,x,,,,,,\n8001,b,claims ten; x 0,nowhere 3,0,all,,burn\n8001,,,,,,,\n9 9,,,,,,,\n7,,,,,,,remove\n",
			"3 id: the spreadsheet has shortened the number to 8.0E+03\n4 action: \"burn\" is no action\n4 team: there is no team \"b\"\n4 skills: \"claims ten\" is no name with a level\n" +
				"4 skills: the level of x is 0\n4 queues: there is no queue \"nowhere\"\n4 weight: \"0\" is no such number\n4 phones: \"all\" is none of the words\n" +
				"5 id: 8001 stands in row 4 already\n6 id: \"9 9\" cannot be an id\n6 password: is missing: the agent is new\n7 id: there is no agent 7",
		},
		{Numbers, "number,flow\n1 2,main\n3,other\n,main\n4,,\n", "2 number: \"1 2\" cannot be dialled\n3 flow: there is no flow \"other\"\n4 number: is missing\n5 flow: there is no flow \"\""},
		{Numbers, "number,flow,action\n95500,,remove\n1,,remove\n", "3 number: there is no number 1"},
		{
			Entries, "table,number,agent,until,priority\n,1,,,\nx,1,,,\nvip,1 3*,9,soon,11\nvip,139*,,,\n",
			"2 table: is missing\n3 table: there is no table \"x\"\n4 number: \"1 3\" cannot be dialled\n4 priority: \"11\" is no such number\n4 agent: there is no agent 9\n4 until: \"soon\" is no date",
		},
	} {
		s, faults := Read([]byte(c.table))
		if faults == nil {
			_, _, faults = Edits(c.kind, s, tree(t, file))
		}
		var got []string
		for _, f := range faults {
			got = append(got, fmt.Sprintf("%d %s: ", f.Row, f.Column)+fmt.Sprintf(f.Problem, f.Args...))
			if f.Want == "" {
				t.Errorf("%v says not what would be right", f)
			}
		}
		if s := strings.Join(got, "\n"); s != c.want {
			t.Errorf("%q:\ngot  %s\nwant %s", c.table, s, c.want)
		}
	}
}

// FuzzRead: no table makes it fall, and what is read can be written and read again.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"id,name\n1,x", "\xff\xfei\x00", "sep=;\nid;name", "id\n'=1", "\xd0\xd5\xc3\xfb,id\n"} {
		f.Add([]byte(s))
	}
	now := tree(f, file)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, faults := Read(data)
		if faults != nil {
			return
		}
		for _, k := range []Kind{Agents, Numbers, Entries} {
			edits, rows, bad := Edits(k, s, now)
			if bad == nil && len(edits) != len(rows) {
				t.Fatal(edits, rows)
			}
			for _, e := range edits {
				if !json.Valid(e.Value) {
					t.Fatal(e)
				}
			}
		}
		var rows [][]string
		for _, r := range s.Rows {
			rows = append(rows, r.Cells)
		}
		b, err := Write(s.Head, rows)
		if err != nil {
			t.Skip(err)
		}
		for line := range strings.Lines(string(b[3:])) {
			if c := line[0]; strings.ContainsRune("=@", rune(c)) && !strings.Contains(string(b), "\"") {
				t.Fatalf("a formula: %q", line)
			}
		}
	})
}
