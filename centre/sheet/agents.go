package sheet

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func (im *importer) agent() {
	id := im.id("id", "")
	if id == "" {
		return
	}
	was := im.find(list(im.tree, "agents"), "agents", "id", id)
	if im.removes() {
		if was == nil {
			im.fault("id", "the id of an agent", "there is no agent %s", id)
			return
		}
		im.put(nil, "agents", id)
		return
	}
	if !regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`).MatchString(id) {
		im.fault("id", "letters, digits, _ . - up to 64", "%q cannot be an id", id)
	}
	v := map[string]any{}
	im.text(v, "name")
	im.team(v)
	im.levels(v, "skills", was)
	im.levels(v, "queues", was)
	im.whole(v, "weight", 1, 100)
	im.choice(v, "phones", "many", "one")
	im.choice(v, "digest", "md5", "sha-256")
	if p := im.cell("password"); p != "" {
		v["password"] = p
	}
	if was == nil && v["password"] == nil {
		im.fault("password", "add it", "is missing: the agent is new")
	}
	if len(v) > 0 || was == nil {
		im.put(v, "agents", id)
	}
}

// team takes a team over by its id or name.
func (im *importer) team(v map[string]any) {
	im.text(v, "team")
	c, ok := v["team"].(string)
	if !ok {
		return
	}
	var ids []string
	for _, m := range list(im.tree, "teams") {
		one, _ := m.(map[string]any)
		if id := text(one["id"]); id == c || text(one["name"]) == c {
			v["team"] = id
			return
		} else if id != "" {
			ids = append(ids, id)
		}
	}
	im.fault("team", strings.Join(ids, ", "), "there is no team %q", c)
}

// levels takes levels over: "claims 5; english 3", also with = or : between. They are all that the agent then has.
func (im *importer) levels(v map[string]any, column string, was map[string]any) {
	c := im.cell(column)
	if c == "" {
		return
	}
	all := map[string]any{}
	had, _ := was[column].(map[string]any)
	for name := range had {
		all[name] = nil
	}
	parts := strings.FieldsFunc(c, func(r rune) bool { return strings.ContainsRune(";,、，；\n", r) })
	if c == "-" {
		parts = nil
	}
	for _, part := range parts {
		m := regexp.MustCompile(`^\s*(\S+?)\s*[\s=:：]\s*([0-9]+)\s*$`).FindStringSubmatch(part)
		if m == nil {
			im.fault(column, "claims 5; english 3", "%q is no name with a level", strings.TrimSpace(part))
			continue
		}
		level, err := strconv.Atoi(m[2])
		if err != nil || level < 1 || level > 9 {
			im.fault(column, "1 – 9", "the level of %s is %s", m[1], m[2])
			continue
		}
		if column == "queues" && im.find(list(im.tree, "queues"), "queues", "id", m[1]) == nil {
			im.fault(column, "the id of a queue", "there is no queue %q", m[1])
			continue
		}
		all[m[1]] = level
	}
	v[column] = all
}

func (im *importer) number() {
	number := im.id("number", "")
	if number == "" {
		return
	}
	numbers, _ := im.tree["numbers"].(map[string]any)
	if im.removes() {
		if _, has := numbers[number]; !has {
			im.fault("number", "a number of the centre", "there is no number %s", number)
			return
		}
		im.put(nil, "numbers", number)
		return
	}
	im.dialled("number", number)
	flow := im.cell("flow")
	flows, _ := im.tree["flows"].(map[string]any)
	if _, has := flows[flow]; !has {
		im.fault("flow", strings.Join(slices.Sorted(maps.Keys(flows)), ", "), "there is no flow %q", flow)
		return
	}
	im.put(flow, "numbers", number)
}

func (im *importer) dialled(column, number string) {
	if !regexp.MustCompile(`^[A-Za-z0-9+*#_.-]{1,64}$`).MatchString(number) {
		im.fault(column, "digits, also with + * #", "%q cannot be dialled", number)
	}
}

func (im *importer) entry() {
	table := im.cell("table")
	if table == "" {
		im.fault("table", "add it", "is missing")
		return
	}
	at := im.find(list(im.tree, "tables"), "tables", "id", table)
	if at == nil {
		im.fault("table", "the id of a table", "there is no table %q", table)
		return
	}
	number := im.id("number", table)
	if number == "" {
		return
	}
	was := im.find(list(at, "entries"), "entries/"+table, "number", number)
	if im.removes() {
		if was == nil {
			im.fault("number", "a number of the table", "there is no number %s", number)
			return
		}
		im.put(nil, "tables", table, "entries", number)
		return
	}
	if number != "*" {
		im.dialled("number", strings.TrimSuffix(number, "*"))
	}
	v := map[string]any{}
	im.text(v, "name")
	im.whole(v, "priority", -10, 10)
	im.text(v, "agent")
	if a, ok := v["agent"].(string); ok && im.find(list(im.tree, "agents"), "agents", "id", a) == nil {
		im.fault("agent", "the id of an agent", "there is no agent %s", a)
	}
	im.text(v, "reason")
	im.text(v, "until")
	if u, ok := v["until"].(string); ok && !regexp.MustCompile(`^20\d\d-\d\d-\d\d( \d\d:\d\d)?$`).MatchString(u) {
		im.fault("until", "2026-12-31", "%q is no date", u)
	}
	if len(v) > 0 || was == nil {
		im.put(v, "tables", table, "entries", number)
	}
}

// Table is a part of the file, given as values by edit.Tree, as a table: no passwords.
func Table(k Kind, tree map[string]any) (head []string, rows [][]string) {
	for _, c := range columns(k) {
		head = append(head, c.name)
	}
	row := func(own func(column string) string) {
		cells := make([]string, len(head))
		for i, name := range head {
			if name != "password" && name != "action" {
				cells[i] = own(name)
			}
		}
		rows = append(rows, cells)
	}
	switch k {
	case Agents:
		for _, m := range list(tree, "agents") {
			one, _ := m.(map[string]any)
			row(func(column string) string {
				if column == "skills" || column == "queues" {
					return levelText(one[column])
				}
				return text(one[column])
			})
		}
	case Numbers:
		numbers, _ := tree["numbers"].(map[string]any)
		for _, n := range slices.Sorted(maps.Keys(numbers)) {
			row(func(column string) string {
				if column == "number" {
					return n
				}
				return text(numbers[n])
			})
		}
	case Entries:
		for _, t := range list(tree, "tables") {
			table, _ := t.(map[string]any)
			for _, m := range list(table, "entries") {
				one, _ := m.(map[string]any)
				row(func(column string) string {
					if column == "table" {
						return text(table["id"])
					}
					return text(one[column])
				})
			}
		}
	}
	return head, rows
}

func levelText(v any) string {
	levels, _ := v.(map[string]any)
	var all []string
	for _, name := range slices.Sorted(maps.Keys(levels)) {
		all = append(all, name+" "+text(levels[name]))
	}
	return strings.Join(all, "; ")
}
