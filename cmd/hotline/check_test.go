package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckOfTheWholeCentre: the example of every key of the centre file has no faults beside a machine that has its trunk, and
// names each use of a trunk that there is not.
func TestCheckOfTheWholeCentre(t *testing.T) {
	text, err := os.ReadFile("../../centre/testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("A8001", "one")
	t.Setenv("A8002", "two")
	check := func(config string) (string, error) {
		name := write(t, "hotline.yaml", config)
		if err := os.WriteFile(filepath.Join(filepath.Dir(name), "centre.yaml"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err := (&checkCmd{at: at{Config: name}}).Run(&out)
		return out.String(), err
	}
	if said, err := check(contractConfig); err != nil || said != "no faults\n" {
		t.Errorf("%q %v", said, err)
	}
	_, err = check(strings.ReplaceAll(contractConfig, "name: carrier", "name: other"))
	var all faults
	if !errors.As(err, &all) || len(all) != 4 {
		t.Fatalf("%v", err)
	}
	for i, want := range []string{
		"centre.yaml:11: dial_out.trunk: unknown trunk \"carrier\"; a trunk of the machine's file: other",
		"agents.8001.dial.trunk: unknown trunk", "queues.claims.callback.trunk: unknown trunk", "flows.main: unknown trunk",
	} {
		if !strings.Contains(all[i].String(), want) {
			t.Errorf("%s", all[i])
		}
	}
}

// TestCheckWarns: of a queue that nobody can serve there is a word, and no fault.
func TestCheckWarns(t *testing.T) {
	t.Setenv("A8001", "one")
	t.Setenv("A8002", "two")
	name := write(t, "hotline.yaml", contractConfig)
	text := "agents: [{id: \"1\", password: x, skills: {claims: 3}}]\nqueues:\n  - {id: q, needs: clams}\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(name), "centre.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := (&checkCmd{at: at{Config: name}}).Run(&out)
	lines := strings.Split(out.String(), "\n")
	if err != nil || len(lines) != 4 || !strings.Contains(lines[0], "centre.yaml:3: queues.q: warning: no agent may take its calls") ||
		!strings.Contains(lines[1], `queues.q.needs: warning: no agent has the skill "clams"`) || lines[2] != "no faults" {
		t.Errorf("%v\n%s", err, &out)
	}
}
