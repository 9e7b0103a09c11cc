package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"hotline/web/audit"
)

// errAudit ends `hotline audit verify` where the chain does not hold.
var errAudit = errors.New("the chain of acts is broken")

// auditCmd is `hotline audit`.
type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check the chain of acts, against the log and against an entry noted elsewhere."`
}

type auditVerifyCmd struct {
	at
	N    uint64 `help:"Number of an entry that was noted elsewhere."`
	Hash string `help:"Its hash."`
}

// Run checks the chain and prints its last entry, or the first fault.
func (v *auditVerifyCmd) Run(ctx context.Context, out io.Writer) error {
	args := url.Values{"n": {strconv.FormatUint(v.N, 10)}, "hash": {v.Hash}}
	return v.on(func(c control) error { return c.run(ctx, taskAudit, args, out) })
}

// openLedger finds the chain of acts in the engine's data.
func (e *engine) openLedger() (*audit.Ledger, error) {
	return audit.Open(audit.Config{Bucket: e.store.Bucket("audit"), Log: e.store, Logger: e.log})
}

// verifyAudit checks the chain as it stands on the disk.
func (e *engine) verifyAudit(ctx context.Context, args url.Values, out io.Writer) error {
	l, err := e.openLedger()
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(args.Get("n"), 10, 64)
	if err != nil {
		return fmt.Errorf("n: %w", err)
	}
	v, err := l.Verify(ctx, audit.Head{N: n, Hash: args.Get("hash")})
	if err != nil {
		return err
	}
	if b := v.Broken; b != nil {
		fmt.Fprintf(out, "entry %d (event %d, %s): %s\n", b.N, b.Seq, b.At.UTC().Format(time.RFC3339), b.Fault)
		return errAudit
	}
	_, err = fmt.Fprintf(out, "%d acts hold, %d of them held against the log\nnote elsewhere: --n=%d --hash=%s\n", v.Entries, v.InLog, v.N, v.Hash)
	return err
}
