package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReload: a running engine takes over the trunks of its file, names what needs a restart, and a file with a fault changes nothing.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	centre := strings.Replace(abortCentre, "\nnumbers", "\ndial_out: {allow: [\"1\"], trunk: carrier}\nnumbers", 1)
	if err := os.WriteFile(filepath.Join(dir, "centre.yaml"), []byte(centre), 0o600); err != nil {
		t.Fatal(err)
	}
	name, sipAt := filepath.Join(dir, "hotline.yaml"), freeUDP(t)
	file := func(keep string, trunks ...string) {
		t.Helper()
		text := fmt.Sprintf("data: data\ncentre: centre.yaml\nsip:\n  listen: [\"udp://%s\"]\n  keep_alive: \"0\"\n  trunks:\n", sipAt)
		for _, one := range trunks {
			text += "    - " + one + "\n"
		}
		text += "media: {ports: 37100-37199}\nweb: {listen: \"127.0.0.1:0\"}\nmetrics: {listen: \"127.0.0.1:0\"}\nrecordings: {keep: " + keep + "}\n"
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file("180d", "{name: carrier, server: 192.0.2.7}", "{name: in, peers: [192.0.2.0/24]}")
	cfg, bad := readConfig(name, noEnv)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	t.Setenv("HOTLINE_ADMIN_PASSWORD", "correct horse battery staple")
	e, err := openEngine(cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), true)
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	defer e.stop(5*time.Second, "test")
	said := func() string {
		var out strings.Builder
		if err := e.run(t.Context(), taskReload, nil, &out); err != nil {
			return "fault: " + strings.ReplaceAll(err.Error(), dir+"/", "")
		}
		return out.String()
	}
	trunks := func() string {
		var out strings.Builder
		if err := e.run(t.Context(), taskTrunks, nil, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got := said(); got != "no trunk has changed\n" {
		t.Errorf("nothing is new: %s", got)
	}
	file("90d", "{name: carrier, server: 192.0.2.8, max_calls: 30}", "{name: new, server: 192.0.2.9}")
	if got := said(); got != "trunks added: new\ntrunks changed: carrier\ntrunks removed: in\nin force only after a restart: recordings\n" {
		t.Error(got)
	}
	now := "trunk carrier: 0 calls\n  192.0.2.8  udp://192.0.2.8:5060  up\ntrunk new: 0 calls\n  192.0.2.9  udp://192.0.2.9:5060  up\n"
	if got := trunks(); got != now {
		t.Error(got)
	}
	file("90d", "{name: new, server: 192.0.2.9}")
	if got := said(); !strings.HasPrefix(got, "fault: ") || !strings.Contains(got, `unknown trunk "carrier"`) {
		t.Errorf("the centre's trunk is taken away: %s", got)
	}
	file("90d", "{name: new, server: 192.0.2.9, codecs: [MP3]}", "{name: carrier, server: 192.0.2.8}")
	if got := said(); !strings.Contains(got, "hotline.yaml:7: ") {
		t.Errorf("a fault: %s", got)
	}
	if got := trunks(); got != now {
		t.Errorf("a faulty file changed something: %s", got)
	}
	if c := e.config(); len(unknownTrunks(c, e.centre.now())) != 0 || len(c.SIP.Trunks) != 2 || c.SIP.Trunks[1].Name != "new" {
		t.Errorf("centre files are held to %+v", c.SIP.Trunks)
	}
}

// TestOnlyARunningEngineReloads: without one, the commands say so.
func TestOnlyARunningEngineReloads(t *testing.T) {
	for _, task := range []string{taskReload, taskTrunks} {
		if err := new(engine).run(t.Context(), task, nil, io.Discard); err == nil || !strings.Contains(err.Error(), "no engine runs") {
			t.Errorf("%s: %v", task, err)
		}
	}
}
