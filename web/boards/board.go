package boards

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"hotline"
	"hotline/reports"
)

// The grid of a page: below the head a screen of 16:9 has so many columns and rows.
const (
	Columns = 24
	Rows    = 16
)

// Bounds of boards.
const (
	MaxBoards = 100
	maxPages  = 8
	maxTiles  = 40  // of a page
	maxQueues = 100 // of a filter
	maxTitle  = 60  // characters
	maxText   = 400
	minTurn   = 5 // seconds
	maxTurn   = 600
)

// Main is the board at the address /. It is always there: as a lead made it, or the standard one.
const Main = "main"

// Wallboard is what stands on a screen.
type Wallboard struct {
	Name     string            `json:"name" doc:"In its address /board/NAME: small letters, digits and dashes."`
	Version  int               `json:"version" doc:"Grows with each change; a change names the one it was made from, 0 for a new board."`
	Title    string            `json:"title,omitempty" maxLength:"240" doc:"Empty: the centre's name."`
	Team     string            `json:"team,omitempty" maxLength:"64" doc:"Only its agents, and the queues that it serves; empty: all."`
	Queues   []hotline.QueueID `json:"queues,omitempty" maxItems:"100" doc:"Only these; empty: those of the team, or all."`
	Turn     int               `json:"turn_s,omitempty" doc:"Seconds until the next page, 5 to 600; 0: pages are turned by hand."`
	Theme    string            `json:"theme,omitempty" enum:",dark,light,auto" doc:"Empty: dark."`
	Language string            `json:"language,omitempty" enum:",zh-CN,en-US" doc:"Empty: as the screen has it."`
	Names    bool              `json:"names,omitempty" doc:"Agents over their time are shown by name."`
	Sound    bool              `json:"sound,omitempty" doc:"A new critical alarm is heard."`
	Pages    []Sheet           `json:"pages" maxItems:"8"`
	Updated  reports.Moment    `json:"updated,omitzero"`
	By       string            `json:"by,omitempty"`
}

// Sheet is one page of a board.
type Sheet struct {
	Title string `json:"title,omitempty" maxLength:"240"`
	Tiles []Tile `json:"tiles" maxItems:"40"`
}

// Tile is one thing on a page, at a place of its grid of 24 × 16.
type Tile struct {
	Kind   string            `json:"kind"`
	X      int               `json:"x"`
	Y      int               `json:"y"`
	W      int               `json:"w"`
	H      int               `json:"h"`
	Title  string            `json:"title,omitempty" maxLength:"240" doc:"Empty: the kind's own."`
	Text   string            `json:"text,omitempty" maxLength:"1600" doc:"Of a notice."`
	Team   string            `json:"team,omitempty" maxLength:"64" doc:"Instead of the board's."`
	Queues []hotline.QueueID `json:"queues,omitempty" maxItems:"100" doc:"Instead of the board's."`
	Group  int               `json:"group,omitempty" doc:"In a stream: which group of figures it shows."`
}

// TileKind is one sort of tile with the sizes it can have, in columns and rows.
type TileKind struct {
	Kind string `json:"kind"`
	W    int    `json:"w" doc:"As a new tile has it."`
	H    int    `json:"h"`
	MinW int    `json:"min_w"`
	MinH int    `json:"min_h"`
}

// The kinds of tiles.
const (
	kindWaiting   = "waiting"
	kindLongest   = "longest"
	kindLevel     = "level"
	kindToday     = "level_today"
	kindBreach    = "breach"
	kindExpected  = "expected"
	kindAnswered  = "answered"
	kindAbandoned = "abandoned"
	kindArrivals  = "arrivals"
	kindCallbacks = "callbacks"
	kindLane      = "lane"
	kindSpark     = "spark"
	kindDay       = "day"
	kindQueues    = "queues"
	kindAgents    = "agents"
	kindAlarms    = "alarms"
	kindClock     = "clock"
	kindText      = "text"
)

// Kinds are all kinds of tiles, in the order in which an editor offers them.
func Kinds() []TileKind {
	return []TileKind{
		{kindWaiting, 3, 2, 2, 2},
		{kindLongest, 4, 2, 3, 2},
		{kindLevel, 5, 2, 4, 2},
		{kindToday, 4, 2, 3, 2},
		{kindBreach, 4, 2, 3, 2},
		{kindExpected, 4, 2, 3, 2},
		{kindAnswered, 4, 2, 3, 2},
		{kindAbandoned, 4, 2, 3, 2},
		{kindArrivals, 4, 2, 3, 2},
		{kindCallbacks, 3, 2, 2, 2},
		{kindLane, 12, 3, 6, 2},
		{kindSpark, 6, 3, 4, 2},
		{kindDay, 14, 5, 8, 4},
		{kindQueues, 24, 8, 10, 3},
		{kindAgents, 10, 5, 6, 3},
		{kindAlarms, 24, 1, 10, 1},
		{kindClock, 4, 2, 3, 1},
		{kindText, 8, 2, 2, 1},
	}
}

// Fault is why a board cannot be: a sentence for people, without its values and with them apart, so that it can be said in
// another language.
type Fault struct {
	Format string
	Args   []any
}

// Error implements error in English.
func (f *Fault) Error() string { return fmt.Sprintf(f.Format, f.Args...) }

func fault(format string, args ...any) error { return &Fault{format, args} }

// Formats of faults.
const (
	TextName    = "a board's name has 1 to 40 small letters, digits and dashes"
	TextLong    = "%q is too long: at most %d characters"
	TextPages   = "a board has 1 to %d pages"
	TextTiles   = "page %d: at most %d tiles fit on a page"
	TextTurn    = "a page stands for 5 to 600 seconds, or until somebody turns it"
	TextKind    = "page %d, tile %d: there is no tile %q"
	TextPlace   = "page %d, tile %d: it stands outside the page"
	TextSmall   = "page %d, tile %d: it is too small, at least %d × %d"
	TextOverlap = "page %d: tiles %d and %d stand on one another"
	TextLook    = "the look is dark, light or auto, the language zh-CN or en-US"
	TextQueues  = "at most %d queues can be chosen"
)

// Tidy cleans what people wrote: spaces around, control characters and empty lists.
func (b *Wallboard) Tidy() {
	b.Title, b.Team = line(b.Title), line(b.Team)
	for i := range b.Pages {
		p := &b.Pages[i]
		p.Title = line(p.Title)
		for j := range p.Tiles {
			t := &p.Tiles[j]
			t.Title, t.Team, t.Text, t.Group = line(t.Title), line(t.Team), lines(t.Text), 0
			if t.Kind != kindText {
				t.Text = ""
			}
		}
	}
}

// line is one line of text without control characters.
func line(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// lines keeps the breaks of lines.
func lines(s string) string {
	var out []string
	for l := range strings.SplitSeq(s, "\n") {
		out = append(out, line(l))
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// clean takes out control characters and those that turn the direction of writing.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r < 0x20 || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
}

// ValidName says whether a board may have the name.
func ValidName(name string) bool {
	return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`).MatchString(name)
}

// Bounded says whether the board is of a size that can be looked at, however its tiles stand: while it is built they may stand
// on one another. A *Fault, or nil.
func (b *Wallboard) Bounded() error {
	if len(b.Pages) > maxPages {
		return fault(TextPages, maxPages)
	}
	for i, p := range b.Pages {
		if len(p.Tiles) > maxTiles {
			return fault(TextTiles, i+1, maxTiles)
		}
	}
	return nil
}

// Check says what keeps the board from standing on a screen: a *Fault, or nil.
func (b *Wallboard) Check() error {
	switch {
	case !ValidName(b.Name):
		return fault(TextName)
	case utf8.RuneCountInString(b.Title) > maxTitle:
		return fault(TextLong, b.Title, maxTitle)
	case len(b.Pages) < 1 || len(b.Pages) > maxPages:
		return fault(TextPages, maxPages)
	case b.Turn != 0 && (b.Turn < minTurn || b.Turn > maxTurn):
		return fault(TextTurn)
	case !slices.Contains([]string{"", "dark", "light", "auto"}, b.Theme) || !slices.Contains([]string{"", "zh-CN", "en-US"}, b.Language):
		return fault(TextLook)
	case len(b.Queues) > maxQueues:
		return fault(TextQueues, maxQueues)
	}
	for i := range b.Pages {
		if err := b.Pages[i].check(i + 1); err != nil {
			return err
		}
	}
	return nil
}

func (p *Sheet) check(n int) error {
	if utf8.RuneCountInString(p.Title) > maxTitle {
		return fault(TextLong, p.Title, maxTitle)
	}
	if len(p.Tiles) > maxTiles {
		return fault(TextTiles, n, maxTiles)
	}
	var taken [Rows][Columns]int
	for i := range p.Tiles {
		t := &p.Tiles[i]
		if err := t.check(n, i+1); err != nil {
			return err
		}
		for y := t.Y; y < t.Y+t.H; y++ {
			for x := t.X; x < t.X+t.W; x++ {
				if other := taken[y][x]; other != 0 {
					return fault(TextOverlap, n, other, i+1)
				}
				taken[y][x] = i + 1
			}
		}
	}
	return nil
}

func (t *Tile) check(page, n int) error {
	kinds := Kinds()
	i := slices.IndexFunc(kinds, func(k TileKind) bool { return k.Kind == t.Kind })
	switch {
	case i < 0:
		return fault(TextKind, page, n, t.Kind)
	case t.W < kinds[i].MinW || t.H < kinds[i].MinH:
		return fault(TextSmall, page, n, kinds[i].MinW, kinds[i].MinH)
	case t.X < 0 || t.Y < 0 || t.W > Columns || t.H > Rows || t.X > Columns-t.W || t.Y > Rows-t.H:
		return fault(TextPlace, page, n)
	case utf8.RuneCountInString(t.Title) > maxTitle:
		return fault(TextLong, t.Title, maxTitle)
	case utf8.RuneCountInString(t.Text) > maxText:
		return fault(TextLong, string([]rune(t.Text)[:20])+"…", maxText)
	case len(t.Queues) > maxQueues:
		return fault(TextQueues, maxQueues)
	}
	return nil
}

// Standard is the board that stands at / until a lead makes another.
func Standard() *Wallboard {
	return &Wallboard{Name: Main, Names: true, Pages: []Sheet{{Tiles: []Tile{
		{Kind: kindAlarms, X: 0, Y: 0, W: 24, H: 1},
		{Kind: kindWaiting, X: 0, Y: 1, W: 3, H: 2},
		{Kind: kindBreach, X: 3, Y: 1, W: 4, H: 2},
		{Kind: kindLongest, X: 7, Y: 1, W: 4, H: 2},
		{Kind: kindLevel, X: 11, Y: 1, W: 5, H: 2},
		{Kind: kindToday, X: 16, Y: 1, W: 4, H: 2},
		{Kind: kindAbandoned, X: 20, Y: 1, W: 4, H: 2},
		{Kind: kindQueues, X: 0, Y: 3, W: 24, H: 8},
		{Kind: kindDay, X: 0, Y: 11, W: 13, H: 5},
		{Kind: kindAgents, X: 13, Y: 11, W: 11, H: 5},
	}}}}
}
