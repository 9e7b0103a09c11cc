package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hotline"
	"hotline/reports"
)

// postgres is a server of our own, in a folder of its own, under a user without rights, on a socket in the folder.
type postgres struct {
	bin, dir, data string
	cmd            *exec.Cmd
}

// nobody is Debian's user without rights; the server refuses to run as root.
const nobody = 65534

func (p *postgres) as(cmd *exec.Cmd) *exec.Cmd {
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	cmd.Dir = p.dir
	return cmd
}

// newPostgres makes an empty cluster. With as much memory as the engine may take, and settings that hurry loading; nothing of them
// slows a question.
func newPostgres(ctx context.Context, o options) (*postgres, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("no PostgreSQL here: apt install postgresql")
	}
	dir, err := os.MkdirTemp("/tmp", "history-pg-")
	if err != nil {
		return nil, err
	}
	p := &postgres{bin: filepath.Dir(found[len(found)-1]), dir: dir, data: filepath.Join(dir, "data")}
	if os.Getuid() == 0 {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			return nil, err
		}
	}
	out, err := p.as(exec.CommandContext(ctx, p.bin+"/initdb", "-D", p.data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return p, nil
}

func (p *postgres) start(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	p.cmd = p.as(exec.CommandContext(ctx, p.bin+"/postgres", "-D", p.data, "-k", p.dir, "-c", "listen_addresses=", "-c", "shared_buffers=384MB",
		"-c", "work_mem=64MB", "-c", "maintenance_work_mem=512MB", "-c", "max_wal_size=4GB", "-c", "synchronous_commit=off", "-c", "default_toast_compression=lz4",
		"-c", "random_page_cost=1.1"))
	if err := p.cmd.Start(); err != nil {
		return 0, err
	}
	for ctx.Err() == nil {
		if exec.CommandContext(ctx, p.bin+"/pg_isready", "-q", "-h", p.dir, "-U", "bench").Run() == nil {
			return time.Since(began), nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return 0, ctx.Err()
}

func (p *postgres) stop() {
	if p.cmd != nil && p.cmd.Process.Signal(syscall.SIGINT) == nil {
		p.cmd.Wait() // it was told to end
	}
	p.cmd = nil
}

func (p *postgres) psql(ctx context.Context) *exec.Cmd {
	return exec.CommandContext(ctx, "psql", "-h", p.dir, "-U", "bench", "-d", "postgres", "-X", "-q", "-v", "ON_ERROR_STOP=1")
}

func (p *postgres) do(ctx context.Context, sql string) (string, error) {
	cmd := p.psql(ctx)
	cmd.Args = append(cmd.Args, "-A", "-t")
	cmd.Stdin = strings.NewReader(sql)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("psql: %w\n%s", err, out)
	}
	return string(out), nil
}

// copyIn feeds a table.
func (p *postgres) copyIn(ctx context.Context, into string, write func(w io.Writer) error) error {
	cmd := p.psql(ctx)
	cmd.Args = append(cmd.Args, "-c", `\copy `+into+` from pstdin`)
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	w := bufio.NewWriterSize(in, 1<<20)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	in.Close()
	if e := cmd.Wait(); err == nil {
		err = e
	}
	return err
}

func schema() string {
	return `create extension pg_trgm;
create table contacts(id text, started timestamptz, ended timestamptz, number text, called text, outcome text, agents text[], timeline text);
create table visits(contact text, queue text, entry text, since timestamptz, outcome text, wait_ms int, agent text, talk_ms int, hold_ms int, wrap_ms int);`
}

func indexes() string {
	return `alter table contacts add primary key (id);
create index on contacts using gin (number gin_trgm_ops);
create index on contacts (started desc);
create index on visits (since, queue);
create index on visits (agent, since desc);
vacuum analyze;
checkpoint;`
}

// rival loads what the engine knows into PostgreSQL and asks it the same.
func rival(ctx context.Context, o options, made *made) (*measured, error) {
	p, err := newPostgres(ctx, o)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(p.dir)
	defer func() { p.stop() }()
	if _, err := p.start(ctx); err != nil {
		return nil, err
	}
	if _, err := p.do(ctx, schema()); err != nil {
		return nil, err
	}
	if err := load(ctx, p, made.fold); err != nil {
		return nil, err
	}
	if _, err := p.do(ctx, indexes()); err != nil {
		return nil, err
	}
	p.stop()
	start, err := p.start(ctx)
	if err != nil {
		return nil, err
	}
	m := &measured{Start: ms(start), Asked: map[string]asked{}, Memory: p.memory()}
	if m.Bytes, err = p.bytes(ctx); err != nil {
		return nil, err
	}
	for _, q := range questions() {
		if m.Asked[q], err = p.ask(ctx, sqlOf(o, made.fold, q)); err != nil {
			return nil, err
		}
	}
	m.Busy = p.memory()
	return m, nil
}

// bytes is the tables and their indexes, without write-ahead log and catalogue.
func (p *postgres) bytes(ctx context.Context) (int64, error) {
	out, err := p.do(ctx, `select pg_total_relation_size('contacts') + pg_total_relation_size('visits')`)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(out), 10, 64)
}

// memory is that of the server's processes.
func (p *postgres) memory() int64 {
	n := resident(strconv.Itoa(p.cmd.Process.Pid))
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", p.cmd.Process.Pid, p.cmd.Process.Pid))
	if err != nil {
		return n
	}
	for _, child := range strings.Fields(string(b)) {
		n += resident(child)
	}
	return n
}

// load copies every contact.
func load(ctx context.Context, p *postgres, f *reports.Fold) error {
	visits, err := os.CreateTemp(p.dir, "visits")
	if err != nil {
		return err
	}
	defer visits.Close()
	v := bufio.NewWriterSize(visits, 1<<20)
	n := 0
	err = p.copyIn(ctx, "contacts", func(w io.Writer) error {
		for s := (reports.Search{Limit: 500}); ; {
			page, err := f.Contacts(s)
			if err != nil {
				return err
			}
			for i := range page.Items {
				c, ok := f.Contact(page.Items[i].ID)
				if !ok {
					return fmt.Errorf("no contact %s", page.Items[i].ID)
				}
				if err := write(w, v, &c); err != nil {
					return err
				}
				if n++; n%100_000 == 0 {
					fmt.Fprintf(os.Stderr, "%d contacts loaded\n", n)
				}
			}
			if s.Cursor = page.Next; s.Cursor == "" || ctx.Err() != nil {
				return ctx.Err()
			}
		}
	})
	if err == nil {
		err = v.Flush()
	}
	if err != nil {
		return err
	}
	if _, err := visits.Seek(0, io.SeekStart); err != nil {
		return err
	}
	defer os.Remove(visits.Name())
	return p.copyIn(ctx, "visits", func(w io.Writer) error {
		_, err := io.Copy(w, visits)
		return err
	})
}

// write makes a contact's rows in the format of COPY.
func write(contacts, visits io.Writer, c *reports.Contact) error {
	line, err := json.Marshal(c.Timeline)
	if err != nil {
		return err
	}
	escape := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`)
	agents := make([]string, len(c.Agents))
	for i, a := range c.Agents {
		agents[i] = string(a)
	}
	_, err = fmt.Fprintf(contacts, "%s\t%s\t%s\t%s\t%s\t%s\t{%s}\t%s\n", c.ID, stamp(c.Started), stamp(c.Ended), escape.Replace(c.Customer().Number),
		escape.Replace(c.To), c.Outcome, strings.Join(agents, ","), escape.Replace(string(line)))
	if err != nil {
		return err
	}
	for _, v := range c.Visits {
		var s reports.Segment
		for _, g := range c.Segments {
			if g.Visit == v.ID {
				s = g
			}
		}
		if _, err := fmt.Fprintf(visits, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%d\t%d\t%d\n", c.ID, v.Queue, v.Entry, stamp(v.Since), v.Outcome, v.WaitMS,
			s.Agent, s.TalkMS, s.HoldMS, s.WrapMS); err != nil {
			return err
		}
	}
	return nil
}

func stamp(m reports.Moment) string {
	if m == 0 {
		return `\N`
	}
	return m.Time().Format("2006-01-02 15:04:05.000Z07:00")
}

// sqlOf is the question as one would ask PostgreSQL.
func sqlOf(o options, f *reports.Fold, q string) string {
	between := func(column string, from, to time.Time) string {
		return fmt.Sprintf("%s >= '%s' and %s < '%s'", column, from.Format(time.RFC3339), column, to.Format(time.RFC3339))
	}
	figures := `count(*), count(*) filter (where outcome = 'answered'), count(*) filter (where outcome = 'answered' and wait_ms <= 20000),
 count(*) filter (where outcome = 'abandoned'), count(*) filter (where outcome = 'abandoned' and wait_ms < 5000), count(*) filter (where outcome = 'overflow'),
 avg(wait_ms) filter (where outcome = 'answered'), percentile_disc(array[0.5, 0.9, 0.95, 0.99]) within group (order by wait_ms), max(wait_ms),
 sum(talk_ms), sum(hold_ms), sum(wrap_ms)`
	contact := "id, started, ended, number, outcome, agents"
	all := questions()
	switch q {
	case all[0]:
		from, to := month(o)
		return "select date_trunc('day', since, 'Asia/Shanghai') d, queue, " + figures + " from visits where " + between("since", from, to) + " group by 1, 2 order by 1, 2"
	case all[1]:
		from, to := day(o)
		return "select date_bin('15 min', since, '2026-01-01') d, queue, " + figures + " from visits where " + between("since", from, to) + " group by 1, 2 order by 1, 2"
	case all[2]:
		return "select " + contact + " from contacts where number like '%" + number(f) + "%' order by started desc limit 50"
	case all[3]:
		return "select " + contact + " from contacts join (select distinct contact from (select contact from visits where agent = '" + string(hotline.AgentID("8003")) +
			"' order by since desc limit 60) x) v on id = v.contact order by started desc limit 50"
	}
	from, to := day(o)
	return "select " + contact + " from contacts where " + between("started", from, to) + " order by started desc limit 50"
}

// ask asks five times, each answer in full, in one session, and takes psql's word for how long it took.
func (p *postgres) ask(ctx context.Context, sql string) (a asked, err error) {
	out, err := p.do(ctx, "\\timing on\n\\o /dev/null\n"+strings.Repeat(sql+";\n", 5)+"\\o\n\\timing off\nselect count(*) from ("+sql+") q;\n")
	if err != nil {
		return a, err
	}
	for line := range strings.Lines(out) {
		text, ok := strings.CutPrefix(line, "Time: ")
		if !ok {
			if n, err := strconv.Atoi(strings.TrimSpace(line)); err == nil {
				a.Rows = n
			}
			continue
		}
		took, err := strconv.ParseFloat(strings.Fields(text)[0], 64)
		if err != nil {
			return a, err
		}
		if a.First == 0 {
			a.First, a.Best = took, took
		}
		a.Best = min(a.Best, took)
	}
	return a, nil
}
