package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

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
// has not: of them nothing would ever be told or shown.
func unknownQueues(cfg config, c *centre.Centre) (bad faults) {
	known := make([]string, len(c.Queues))
	for i, q := range c.Queues {
		known[i] = string(q.ID)
	}
	uses := slices.Clone(cfg.QueueUses)
	for i := range uses {
		uses[i].file = cfg.File
	}
	if engine, ok := dialControl(cfg.Data); ok {
		var out bytes.Buffer
		if err := engine.run(context.Background(), taskBoards, nil, &out); err != nil {
			bad = append(bad, strict.Fault{File: "boards", Line: 1, Key: "boards", Problem: err.Error(), Want: "an engine of this version"})
		}
		uses = append(uses, readBoardQueues(&out)...)
	}
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
