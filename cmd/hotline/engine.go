package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline"
	"hotline/acd"
	"hotline/call"
	"hotline/centre"
	"hotline/ivr"
	"hotline/media"
	"hotline/media/bypass"
	"hotline/notify"
	"hotline/recorder"
	"hotline/reports"
	"hotline/sip"
	"hotline/sip/wire"
	"hotline/store/archive"
	"hotline/store/local"
	"hotline/web/audit"
	"hotline/web/auth"
)

// shardID is the one shard of a single process.
const shardID hotline.ShardID = "main"

// durableWait bounds how long an act that cannot be taken back waits for the disk: a hung disk must not stop callers.
const durableWait = 200 * time.Millisecond

// recoverPatience is how long a start waits for the queues to be read back. With a snapshot that takes moments; a log that was brought in
// without one is read from its beginning.
const recoverPatience = 15 * time.Minute

// lockPatience is how long a start waits for the data folder.
const lockPatience = 3 * time.Second

// engine is the whole of Hotline in one process. open builds it from the bottom up: the log, the folds that read it, the
// shard and the calls that write it, the switch that hears the world, the pages. close takes it down the other way.
type engine struct {
	cfg config
	log *slog.Logger

	store    *local.Store
	fold     *reports.Fold
	media    *media.Engine
	bypass   *bypass.Bypass // nil: the kernel passes nothing on
	recorder *recorder.Recorder
	shard    *acd.Shard
	hub      *call.Hub
	sip      *sip.Switch
	wire     *sip.Metrics
	centre   *centreKeeper
	devices  *deviceQueue
	phones   *pagePhones
	expected expectedWaits
	switches switches
	desks    desks
	lookups  *lookups
	prompts  *promptShelf
	webhooks *notify.Notifier
	out      outward
	resume   resuming
	registry *prometheus.Registry
	past     *archive.Archive
	self     *selfHealth
	followed atomic.Uint64 // the last event that switches and desks know
	stills   stills
	ledger   *audit.Ledger
	turned   *turnedAway
	oldLogs  *os.File      // log.archive is ours while it is open
	slow     atomic.Uint64 // acts that did not wait for the disk any longer

	clock     *clock                       // of queues, calls and figures
	reloads   sync.Mutex                   // held while the file is read again
	trunks    atomic.Pointer[[]wire.Trunk] // of the file as it was read last; nil: as at the start
	webCert   webCert                      // of the pages
	trunkNews chan struct{}                // a trunk may be another than it was

	group    *group
	auth     *auth.Auth
	kiosks   *auth.Kiosks
	web      *webServers
	draining atomic.Bool
	handed   []*os.File // sockets that a supervisor opened
	quiet    bool       // the first login's password is not printed
}

// openEngine starts an engine; quiet: a first login's password is not printed. On an error nothing is left running.
func openEngine(cfg config, logger *slog.Logger, quiet bool) (_ *engine, err error) {
	e := &engine{cfg: cfg, log: logger, quiet: quiet, wire: new(sip.Metrics), clock: newClock(time.Now), self: newSelfHealth(), turned: newTurnedAway(), handed: handedSockets(os.LookupEnv), trunkNews: make(chan struct{}, 1)}
	e.group = newGroup(logger)
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	for _, step := range []func() error{
		e.openStore, e.openLogArchive, e.openCentre, e.openFold, e.openMedia, e.openShard, e.openCalls, e.openResume, e.openOutward, e.openSIP, e.openWeb,
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	e.group.run("machine", e.watchMachine)
	return e, nil
}

func (e *engine) openCentre() (err error) {
	e.centre, err = newCentreKeeper(e.store.Bucket("centre"), e.cfg)
	return err
}

// openFold brings the figures up to date, ends in the log the calls that a crash cut off, and follows from there.
func (e *engine) openFold() error {
	if err := e.openPast(); err != nil {
		return err
	}
	if err := e.readPast(); err != nil {
		return err
	}
	now := e.clock.Now()
	evs := []hotline.Event{{At: now, Fact: hotline.EngineStarted{Version: version}}}
	if e.centre.fresh {
		evs = append(evs, hotline.Event{At: now, Fact: hotline.CentreApplied{SHA256: e.centre.now().SHA256, By: "start"}})
	}
	for _, c := range e.fold.View(now).Calls {
		record, ok := e.fold.Contact(c.Contact)
		if !ok {
			record.ID = c.Contact
		}
		evs = append(evs, cutOff(now, c.ID, record)...)
	}
	if _, err := e.store.Append(evs); err != nil {
		return err
	}
	e.group.run("snapshots", e.keepStills)
	e.group.run("figures", func(ctx context.Context) error { return e.fold.Run(ctx, e.store) })
	e.group.run("calls turned away", e.keepTurnedAway)
	return nil
}

func (e *engine) openMedia() (err error) {
	e.media, err = media.New(media.Config{
		Low: e.cfg.Ports[0], High: e.cfg.Ports[1], Loops: cmp.Or(e.cfg.OwnThreads, e.cfg.Loops), OwnThreads: e.cfg.OwnThreads > 0, Logger: e.log,
		Sockets: mediaSockets(e.handed, e.cfg.Ports), Bypass: e.openBypass(),
	})
	if err != nil {
		return err
	}
	e.recorder, err = recorder.New(recorder.Config{
		Dir: filepath.Join(e.cfg.Data, "recordings"), Clock: e.media.Now, Logger: e.log,
		Append: func(evs []hotline.Event) error { _, err := e.store.Append(evs); return err },
		Slowly: e.cfg.Slowly,
	})
	if err != nil {
		return err
	}
	n, err := e.repairRecordings()
	if err != nil {
		return err
	}
	if n > 0 {
		e.log.Warn("recordings closed after a crash", "recordings", n)
	}
	e.group.run("recorder", e.recorder.Run)
	e.group.run("space", e.watchSpace)
	e.group.run("retention", e.retain)
	after := e.store.Last()
	e.group.run("recorder's spans", func(ctx context.Context) error {
		for ev, err := range e.store.Tail(ctx, after) {
			if err != nil {
				return err
			}
			e.recorder.Apply(ev)
		}
		return nil
	})
	return nil
}

// repairRecordings closes what a crash has left open. The log is read from the first of them on.
func (e *engine) repairRecordings() (int, error) {
	n, began, err := e.recorder.Unstored()
	if err != nil || n == 0 {
		return 0, err
	}
	after, err := e.store.Before(began)
	if err != nil {
		return 0, err
	}
	return e.recorder.Repair(context.Background(), e.store.Read(context.Background(), after))
}

// retain deletes what the config does not keep any longer, now and every hour.
func (e *engine) retain(ctx context.Context) error {
	for {
		n, err := e.recorder.Retain(ctx, e.cfg.Keep, time.Now())
		if err != nil {
			e.log.Warn("old recordings are not all deleted", "error", err)
		}
		if n > 0 {
			e.log.Info("old recordings deleted", "recordings", n, "kept", e.cfg.Keep)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Hour):
		}
	}
}

func (e *engine) openShard() error {
	router := acd.NewRouter(shardID, e.centre.now())
	e.shard = acd.NewShard(acd.ShardConfig{Router: router, Log: e.store, Logger: e.log, Healthy: e.store.Healthy, Snapshots: e.store, Now: e.clock.Now})
	e.group.run("shard", e.shard.Run)
	ctx, cancel := context.WithTimeout(context.Background(), recoverPatience)
	defer cancel()
	if err := e.shard.Submit(ctx, hotline.Recover{}); err != nil {
		return fmt.Errorf("recovering the queues: %w", err)
	}
	e.group.run("expected waits", func(ctx context.Context) error { return e.expected.run(ctx, e.shard.Expected) })
	e.devices = newDeviceQueue(e.shard.Submit, e.log)
	e.phones = newPagePhones(e.devices.put)
	e.group.run("phones", e.devices.run)
	e.centre.onChange(func(c *centre.Centre) error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		e.fold.SetCentre(reportsCentre(c))
		return e.shard.SetCentre(ctx, c)
	})
	return nil
}

func (e *engine) openCalls() error {
	e.lookups = newLookups()
	e.hub = call.NewHub(call.Config{
		Log: e.store, Switch: lateSwitch{e}, Router: e.shard, Places: e.shard, Logger: e.log, After: e.store.Last(), Now: e.clock.Now,
		Plan: func() *ivr.Plan { return e.centre.plan().WithSwitches(e.switches.on()) }, Look: e.lookups.look,
		Limits: e.cfg.limits,
	})
	after := e.store.Last()
	e.group.run("switches and desks", func(ctx context.Context) error { return e.followLog(ctx, after) })
	e.group.run("calls", e.hub.Run)
	return nil
}

func (e *engine) openSIP() (err error) {
	e.auth = e.logins()
	e.prompts = newPromptShelf(e.cfg.Data)
	if err := os.MkdirAll(e.prompts.own, 0o750); err != nil {
		return err
	}
	e.preload(e.prompts.library)
	e.sip, err = sip.New(sip.Config{
		Listen: e.cfg.SIP.Listen, Advertise: e.cfg.SIP.Advertise, AdvertiseTo: e.cfg.SIP.Exceptions, Domain: e.cfg.SIP.Domain, Trunks: e.cfg.SIP.Trunks, KeepAlive: e.cfg.SIP.KeepAlive,
		SessionExpires: e.cfg.SIP.SessionExpires, MinSE: e.cfg.SIP.MinSE,
		Cert: e.cfg.SIP.Cert, Key: e.cfg.SIP.Key, Origins: e.cfg.SIP.Origins,
		Accounts: phones{e.centre}, Strong: phones{e.centre}.strong, Keys: e.auth.PhoneKeys, Bindings: e.store.Bucket("contacts"), Media: e.media, Codecs: e.cfg.Codecs, SRTP: e.cfg.SRTP, SDESInClear: e.cfg.SDESClear, Recorder: recordings{e.recorder},
		Library:   e.prompts.library,
		Languages: []string{e.centre.now().Language, "zh-CN", "en-US"},
		Forward:   e.mayForward,
		Single:    func(a hotline.AgentID) bool { return e.centre.current.Load().single[a] },
		Wait:      e.waitDurable, Admit: e.admit, TurnedAway: e.turned.note, Urgent: e.urgent, Signal: e.signal, Resume: e.resume.behind, Sockets: e.handed, Logger: e.log, Metrics: e.wire, TrunkNews: e.trunkTold,
	})
	if err != nil {
		return err
	}
	for _, f := range e.handed { // those who need them have copies
		f.Close()
	}
	e.group.run("sip", e.sip.Run)
	e.group.run("leases", e.watchLeases)
	e.group.run("trunks", e.watchTrunks)
	return nil
}

// admit says why new calls are refused just now.
func (e *engine) admit() error { return errors.Join(e.store.Healthy(), e.shard.Admit()) }

// urgent says whether agents call the number straight out.
func (e *engine) urgent(number string) bool { return slices.Contains(e.centre.now().Emergency, number) }

// signal hands what the switch heard to whom it concerns.
func (e *engine) signal(id hotline.CallID, s hotline.Signal) {
	switch s := s.(type) {
	case hotline.DeviceUp:
		e.phones.up(s.Agent)
	case hotline.DeviceDown:
		e.phones.down(s.Agent)
	case hotline.Incoming:
		s.Agent = e.desks.sitter(s.Agent)
		e.hub.Signal(id, s)
	default:
		e.hub.Signal(id, s)
	}
}

// waitDurable waits for the disk, but no longer than durableWait.
func (e *engine) waitDurable(ctx context.Context, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, durableWait)
	defer cancel()
	err := e.store.Durable(ctx, seq)
	if err != nil {
		e.slow.Add(1)
	}
	return err
}

// errDraining is why a draining engine is not ready.
var errDraining = errors.New("draining: no new calls are taken")

// ready says why the engine should not be given new calls; nil: it should.
func (e *engine) ready() error {
	if e.draining.Load() {
		return errDraining
	}
	if err := e.group.failed(); err != nil {
		return err
	}
	return e.admit()
}

// stop ends all calls with a word to everyone, within the time.
func (e *engine) stop(within time.Duration, why string) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	e.draining.Store(true)
	if e.sip != nil {
		e.sip.Drain()
	}
	if e.hub != nil {
		if err := e.hub.Shutdown(ctx); err != nil {
			e.log.Warn("calls were cut off", "calls", e.hub.Count(), "error", err)
		}
	}
	if _, err := e.store.Append([]hotline.Event{{At: e.clock.Now(), Fact: hotline.EngineStopped{Reason: why}}}); err != nil {
		e.log.Error("the stop is not in the log", "error", err)
	}
}

// close frees everything, in the reverse order of opening.
func (e *engine) close() {
	e.group.ending.Store(true)
	if e.web != nil {
		e.web.close()
	}
	if e.sip != nil {
		e.sip.Close()
	}
	if e.hub != nil {
		e.hub.Close()
	}
	e.group.stop()
	e.lastStill()
	if e.lookups != nil {
		e.lookups.close()
	}
	if e.media != nil {
		if err := e.media.Close(); err != nil {
			e.log.Warn("media", "error", err)
		}
	}
	if e.bypass != nil {
		if err := e.bypass.Close(); err != nil {
			e.log.Warn("media bypass", "error", err)
		}
	}
	if e.oldLogs != nil { // before the store: who waits for that finds this free, too
		e.oldLogs.Close()
	}
	if e.store != nil {
		if err := e.store.Close(); err != nil {
			e.log.Error("closing the log", "error", err)
		}
	}
	if e.past != nil {
		e.past.Close()
	}
}
