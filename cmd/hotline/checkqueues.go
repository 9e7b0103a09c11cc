package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"hotline"
	"hotline/centre"
	"hotline/centre/strict"
	"hotline/web/boards"
)

// queueUse is one place outside of the centre file that names a queue.
type queueUse struct {
	file  string
	line  int
	key   string
	queue hotline.QueueID
}

// queueList reads ids of queues. Whether the centre has them is known only beside its file: 'hotline check' says so.
func (r configReader) queueList(v strict.Value) (all []hotline.QueueID) {
	for _, one := range v.List() {
		if q := one.Text(""); q != "" {
			all = append(all, hotline.QueueID(q))
			*r.queues = append(*r.queues, queueUse{line: one.Line(), key: one.Key(), queue: hotline.QueueID(q)})
		}
	}
	return all
}

// unknownQueues are the queues that webhooks and alarms of the machine's file name, or boards of the running engine, and the centre file
// has not: of them nothing would ever be told or shown. An engine that does not name its boards' queues within patience is a fault of
// its own, and what is known without it is checked all the same.
func unknownQueues(cfg config, c *centre.Centre, patience time.Duration) (bad faults) {
	known := make([]string, len(c.Queues))
	for i, q := range c.Queues {
		known[i] = string(q.ID)
	}
	uses := slices.Clone(cfg.QueueUses)
	for i := range uses {
		uses[i].file = cfg.File
	}
	ofBoards, err := boardUses(cfg.Data, patience)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		bad = append(bad, strict.Fault{
			File: "boards", Line: 1, Key: "boards",
			Problem: fmt.Sprintf("not checked: the running engine has not answered for %s", patience), Want: "see why: 'hotline_mailbox_wait_seconds', its log",
		})
	case err != nil:
		bad = append(bad, strict.Fault{File: "boards", Line: 1, Key: "boards", Problem: err.Error(), Want: "an engine of this version"})
	}
	uses = append(uses, ofBoards...)
	for _, use := range uses {
		if !slices.Contains(known, string(use.queue)) {
			bad = append(bad, strict.Fault{
				File: use.file, Line: max(1, use.line), Key: use.key, Problem: "unknown queue " + strict.Quote(string(use.queue)),
				Want: "a queue of " + cfg.Centre + ": " + cmp.Or(strings.Join(known, ", "), "it has none"),
			})
		}
	}
	return bad
}

// enginePatience is how long a check waits for the running engine: a list of a few boards takes it milliseconds.
const enginePatience = 5 * time.Second

// boardUses are the queues that boards of the running engine name, as far as it has said them; none if no engine runs on the data.
func boardUses(data string, patience time.Duration) ([]queueUse, error) {
	engine, ok := dialControl(data)
	if !ok {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out bytes.Buffer
	err := engine.run(ctx, taskBoards, nil, &out)
	return readBoardQueues(&out), err
}

// boardQueues prints each queue that a board names, with the place: one a line.
func (e *engine) boardQueues(out io.Writer) error {
	all, err := boards.NewShelf(e.store.Bucket("boards")).List()
	if err != nil {
		return err
	}
	for _, b := range all {
		for key, queue := range b.QueueUses() {
			if _, err := fmt.Fprintf(out, "%s\t%s\t%s\n", b.Name, key, queue); err != nil {
				return err
			}
		}
	}
	return nil
}

func readBoardQueues(in io.Reader) (all []queueUse) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if f := strings.Split(lines.Text(), "\t"); len(f) == 3 {
			all = append(all, queueUse{file: "board " + f[0], line: 1, key: f[1], queue: hotline.QueueID(f[2])})
		}
	}
	return all
}
