//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// diskSize is the room for everything the engine keeps: the log's reserve, what recordings want to be free, and some.
const diskSize = "96m"

// onDisk moves the engine's data to a file system that mount puts on a folder, and starts the engine again there. mount
// returns what undoes it.
func onDisk(t *testing.T, e *engine, mount func(dir string) (undo func() error)) (data string) {
	t.Helper()
	e.stop()
	data = filepath.Join(e.dir, "data")
	if err := errors.Join(os.RemoveAll(data), os.Mkdir(data, 0o700)); err != nil {
		t.Fatal(err)
	}
	undo := mount(data)
	t.Cleanup(func() {
		e.stop()
		if err := undo(); err != nil {
			t.Errorf("unmounting %s: %v", data, err)
		}
	})
	e.start()
	return data
}

// small is a file system of diskSize in memory.
func small(t *testing.T) func(dir string) func() error {
	return func(dir string) func() error {
		switch err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+diskSize); {
		case errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENOSYS):
			t.Skipf("a small file system cannot be mounted here: %v; run as root with CAP_SYS_ADMIN", err)
		case err != nil:
			t.Fatal(err)
		}
		return func() error { return syscall.Unmount(dir, 0) }
	}
}

// freezable is an ext4 file system in a file.
func freezable(t *testing.T, image string) func(dir string) func() error {
	return func(dir string) func() error {
		for _, c := range [][]string{{"truncate", "-s", diskSize, image}, {"mkfs.ext4", "-q", image}, {"mount", "-o", "loop", image, dir}} {
			if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
				t.Skipf("a file system that can be frozen cannot be had here: %s: %v %s", c[0], err, out)
			}
		}
		return func() error { return exec.Command("umount", dir).Run() }
	}
}

// freeze makes every write to a file system hang, until thaw; after a minute it thaws by itself, whatever becomes of us.
func freeze(t *testing.T, dir string) (thaw func()) {
	t.Helper()
	const fifreeze, fithaw = 0xC0045877, 0xC0045878 // linux/fs.h
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	guard := exec.Command("sh", "-c", "sleep 60; fsfreeze -u "+dir)
	guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := guard.Start(); err != nil {
		t.Fatal(err)
	}
	ctl := func(what uintptr) syscall.Errno {
		_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), what, 0)
		return errno
	}
	thaw = sync.OnceFunc(func() {
		ctl(fithaw)
		f.Close()
		syscall.Kill(-guard.Process.Pid, syscall.SIGKILL)
		guard.Wait()
	})
	if errno := ctl(fifreeze); errno != 0 {
		thaw()
		t.Skipf("the file system cannot be frozen: %v", errno)
	}
	t.Cleanup(thaw)
	return thaw
}

// ready is what /readyz says.
func (e *engine) ready() (ok bool, why string) {
	e.t.Helper()
	status, text := e.health("/readyz")
	return status == http.StatusOK, strings.TrimSpace(text)
}

// load is a callstorm in the background.
type load struct {
	cmd      *exec.Cmd
	out, err bytes.Buffer
	done     chan error
}

type loadResult struct {
	Calls, Connected, Abandoned, Unjoined int
	Failed                                map[string]int
	Loss                                  *float64              `json:"rtp_loss_ratio"`
	Received                              int                   `json:"rtp_received"`
	CallMinutes                           float64               `json:"call_minutes"`
	Delay                                 struct{ Max float64 } `json:"one_way_delay_ms"`
}

func startLoad(t *testing.T, e *engine, args ...string) *load {
	t.Helper()
	l := &load{done: make(chan error, 1)}
	l.cmd = exec.Command(os.Getenv("CALLSTORM_BIN"), append([]string{e.ip + ":5060", "--domain", domain}, args...)...)
	l.cmd.Stdout, l.cmd.Stderr = &l.out, &l.err
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { l.done <- l.cmd.Wait() }()
	t.Cleanup(func() { l.cmd.Process.Kill() })
	return l
}

// ends waits for the end, after asking for it if now.
func (l *load) ends(t *testing.T, now bool) (res loadResult) {
	t.Helper()
	if now {
		l.cmd.Process.Signal(os.Interrupt)
	}
	select {
	case err := <-l.done:
		if err != nil {
			t.Fatalf("callstorm: %v\n%s", err, l.err.String())
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("callstorm does not end")
	}
	t.Logf("%s", bytes.TrimSpace(l.out.Bytes()))
	if err := json.Unmarshal(l.out.Bytes(), &res); err != nil {
		t.Fatal(err)
	}
	return res
}

// fill takes all the room there is.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err == nil {
			continue
		} else if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		size /= 2
	}
}

// event is what the tests read of one.
type event struct {
	Seq     uint64
	Kind    string
	Call    string
	Contact string
}

// events reads the whole log as an integrator does.
func (e *engine) events() (all []event) {
	e.t.Helper()
	var live struct{ Seq uint64 }
	e.json("/api/v1/live", &live)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+e.web+"/api/v1/events?after=0", nil)
	req.Header.Set("Authorization", "Bearer "+e.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for (len(all) == 0 || all[len(all)-1].Seq < live.Seq) && lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var ev event
		if err := json.Unmarshal([]byte(data), &ev); err != nil {
			e.t.Fatalf("%v: %s", err, data)
		}
		all = append(all, ev)
	}
	return all
}

// TestDiskFull: while a call talks, the disk fills up. New calls are refused and the engine says why; the call talks on and
// ends as it should; with room again everything works again by itself, and no event is lost or doubled.
func TestDiskFull(t *testing.T) {
	t.Parallel() // it mostly waits; each engine has an address of its own
	e := startEngine(t, "127.0.0.51", manyAgents(2))
	data := onDisk(t, e, small(t))
	talk := startLoad(t, e, "--agents", "1", "--rate", "10", "--calls", "1", "--hold", "24s", "--key-delay", "100ms")
	e.agentIs("8001", "talking")
	time.Sleep(2 * time.Second) // some of it is recorded
	ballast := filepath.Join(data, "ballast")
	fill(t, ballast)
	full := time.Now()

	// What is left is the log's reserve. If calls still come in, they eat it up to where the rest is kept for those that are up.
	eat := startLoad(t, e, "--rate", "40", "--duration", "60s", "--key-delay", "20ms", "--patience", "300ms")
	why := ""
	e.eventually(25*time.Second, "/readyz says that the disk is full", func() bool {
		ok, text := e.ready()
		why = text
		return !ok
	})
	t.Logf("not ready after %s: %s", time.Since(full).Round(100*time.Millisecond), why)
	if !strings.Contains(why, "no space left on device") && !strings.Contains(why, "almost full") {
		t.Errorf("/readyz: %s", why)
	}
	eat.ends(t, true)
	refused := startLoad(t, e, "--rate", "20", "--calls", "10", "--patience", "2s").ends(t, false)
	if refused.Failed["503"] != 10 {
		t.Errorf("ten new calls while the disk is full: %+v", refused)
	}
	if s, _ := e.agentState("8001"); s != "talking" {
		t.Errorf("8001 is %s, the call should talk on", s)
	}
	talked := talk.ends(t, false)
	if talked.Connected != 1 || len(talked.Failed) != 0 || talked.Loss == nil || *talked.Loss > 0.005 || talked.CallMinutes < 0.4 {
		t.Errorf("the call that talked: %+v", talked)
	}
	e.eventually(10*time.Second, "no call is open", func() bool { return e.metric("hotline_calls") == 0 })
	if ok, _ := e.ready(); ok {
		t.Error("ready while the disk is still full")
	}

	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	e.eventually(10*time.Second, "ready again", func() bool { ok, _ := e.ready(); return ok })
	after := startLoad(t, e, "--agents", "2", "--rate", "2", "--calls", "6", "--hold", "1s", "--key-delay", "100ms").ends(t, false)
	if after.Connected != 6 || len(after.Failed) != 0 {
		t.Errorf("after the disk has room again: %+v", after)
	}
	e.eventually(10*time.Second, "no call is open", func() bool { return e.metric("hotline_calls") == 0 })
	e.eventually(15*time.Second, "the call that talked has its recording, as far as there was room", func() bool {
		var page struct{ Items []contact }
		e.json("/api/v1/contacts?outcome=answered&limit=100", &page)
		if len(page.Items) != 7 {
			return false
		}
		var first contact // the newest stands first
		e.json("/api/v1/contacts/"+page.Items[6].ID, &first)
		return len(first.Segments) == 1 && first.Segments[0].TalkMS > 20_000 && first.Recording != nil && first.Recording.MS >= 1000
	})
	e.whole(t, 7)
	e.stop()
	e.start() // the same log read again says the same
	e.whole(t, 7)
	e.stop()
	out, err := exec.Command(os.Getenv("HOTLINE_BIN"), "recordings", "verify", "--config", filepath.Join(e.dir, "hotline.yaml")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), " 0 are not") {
		t.Errorf("verify: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestDiskHung: while a call talks, the disk does not answer for a while, as a dying one or a storage network does. The call
// talks on without a hitch, new calls are refused as soon as that is known, and all is well when the disk comes back.
func TestDiskHung(t *testing.T) {
	t.Parallel()
	e := startEngine(t, "127.0.0.55", manyAgents(2))
	data := onDisk(t, e, freezable(t, filepath.Join(e.dir, "image")))
	talk := startLoad(t, e, "--agents", "1", "--rate", "10", "--calls", "1", "--hold", "24s", "--key-delay", "100ms")
	e.agentIs("8001", "talking")
	time.Sleep(2 * time.Second)
	thaw := freeze(t, data)
	hung := time.Now()
	first := startLoad(t, e, "--rate", "5", "--calls", "1", "--key-delay", "20ms", "--patience", "1s") // its facts make the log wait
	why := ""
	e.eventually(12*time.Second, "/readyz says that the disk hangs", func() bool {
		ok, text := e.ready()
		why = text
		return !ok
	})
	t.Logf("not ready after %s: %s", time.Since(hung).Round(100*time.Millisecond), why)
	first.ends(t, false)
	refused := startLoad(t, e, "--rate", "20", "--calls", "10", "--patience", "2s").ends(t, false)
	if refused.Failed["503"] != 10 {
		t.Errorf("ten new calls while the disk hangs: %+v", refused)
	}
	if s, _ := e.agentState("8001"); s != "talking" {
		t.Errorf("8001 is %s, the call should talk on", s)
	}
	thaw()
	e.eventually(10*time.Second, "ready again", func() bool { ok, _ := e.ready(); return ok })
	talked := talk.ends(t, false)
	if talked.Connected != 1 || len(talked.Failed) != 0 || talked.Loss == nil || *talked.Loss > 0.005 {
		t.Errorf("the call that talked: %+v", talked)
	}
	after := startLoad(t, e, "--agents", "2", "--rate", "2", "--calls", "6", "--hold", "1s", "--key-delay", "100ms").ends(t, false)
	if after.Connected != 6 || len(after.Failed) != 0 {
		t.Errorf("after the disk answers again: %+v", after)
	}
	e.eventually(10*time.Second, "no call is open", func() bool { return e.metric("hotline_calls") == 0 })
	e.whole(t, 7)
}

// whole holds the log against itself and the figures against the log: numbers without gap or double, every call begun and
// ended once, every visit ended once.
func (e *engine) whole(t *testing.T, answered int) {
	t.Helper()
	seen := map[string]map[string]int{}
	for i, ev := range e.events() {
		if ev.Seq != uint64(i+1) {
			t.Fatalf("event %d has number %d", i+1, ev.Seq)
		}
		if seen[ev.Kind] == nil {
			seen[ev.Kind] = map[string]int{}
		}
		seen[ev.Kind][ev.Call]++
	}
	if len(seen["call_started"]) == 0 || len(seen["call_ended"]) != len(seen["call_started"]) {
		t.Errorf("%d calls began, %d ended", len(seen["call_started"]), len(seen["call_ended"]))
	}
	for id, n := range seen["call_started"] {
		if n != 1 || seen["call_ended"][id] != 1 {
			t.Errorf("call %s began %d times and ended %d times", id, n, seen["call_ended"][id])
		}
	}
	queued := len(seen["queued"])
	if len(seen["answered"]) != answered || len(seen["abandoned"]) != queued-answered {
		t.Errorf("%d queued, %d answered, %d abandoned; want %d answered", queued, len(seen["answered"]), len(seen["abandoned"]), answered)
	}
	e.agree(t, map[string]int{"offered": queued, "answered": answered, "abandoned": queued - answered})
	t.Logf("%d calls, %d visits", len(seen["call_started"]), queued)
}
