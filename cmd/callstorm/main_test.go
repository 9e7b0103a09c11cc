package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"hotline/cmd/callstorm/storm"
)

func parse(t *testing.T, args ...string) (f flags, err error) {
	t.Helper()
	p, err := kong.New(&f)
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Parse(args)
	return f, err
}

func TestFlags(t *testing.T) {
	f, err := parse(t, "127.0.0.1:5070", "-a", "2", "--first-agent", "9", "--password", "x{user}y", "-r", "2.5", "--hold", "logn:20s",
		"--patience", "exp:60s", "-d", "30s", "--keys", "1,22", "--codecs", "PCMU", "--no-probe", "--caller-ends", "0.5", "--pid", "7")
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.config()
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.String() != "127.0.0.1:5070" || c.Number != "95500" || c.Rate != 2.5 || c.Duration != 30*time.Second || c.Probe || c.EnginePID != 7 {
		t.Errorf("%+v", c)
	}
	if len(c.Agents) != 2 || c.Agents[1] != (storm.Agent{User: "10", Password: "x10y"}) || strings.Join(c.Keys, "|") != "1|22" || strings.Join(c.Codecs, "|") != "PCMU" {
		t.Errorf("%+v", c)
	}
	if c.Hold.String() != "logn:20s" || c.Patience.String() != "exp:1m0s" || c.Answer.Mean != 200*time.Millisecond || c.CallerEnds != 0.5 {
		t.Errorf("%+v", c)
	}
	for _, args := range [][]string{{}, {"x", "--hold", "soon"}, {"x", "--rate", "many"}} {
		if _, err := parse(t, args...); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
	for _, args := range [][]string{{"nowhere"}, {"127.0.0.1:5060", "--local", "here"}} {
		f, err := parse(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		if err := run(t.Context(), f, new(bytes.Buffer)); err == nil {
			t.Errorf("%v runs", args)
		}
	}
}

// TestRunSaysWhyNot: nobody answers; the profile is complete all the same, and nothing is printed that is no result.
func TestRunSaysWhyNot(t *testing.T) {
	silent, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	file := filepath.Join(t.TempDir(), "cpu")
	f, err := parse(t, silent.LocalAddr().String(), "-r", "1", "--profile", file)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(ctx, f, &out); err == nil || out.Len() > 0 {
		t.Errorf("%v, printed %q", err, out.String())
	}
	if st, err := os.Stat(file); err != nil || st.Size() == 0 {
		t.Errorf("profile: %v", err)
	}
}
