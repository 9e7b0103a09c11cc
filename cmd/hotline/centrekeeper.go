package main

import (
	"errors"
	"fmt"
	"hash/maphash"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"hotline"
	"hotline/centre"
	"hotline/centre/strict"
	"hotline/ivr"
	"hotline/store/local"
)

// Keys of the centre's bucket.
const (
	keySource   = "source"    // the centre in force, as a file
	keyFileHash = "file_hash" // of the file that was last applied at a start
	keyVersion  = "version/"  // then the SHA-256: every file that was in force
	keyNote     = "note/"     // then the SHA-256: who put it in force last, in a page, and why
)

// faults are all that is wrong with a file, as one error of one line each.
type faults []strict.Fault

func (f faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// inForce is one centre and what is derived from it.
type inForce struct {
	centre *centre.Centre
	plan   *ivr.Plan
	ha1    map[string]string // agent id → HA1
	desks  map[string]string // desk id → HA1: they register, nobody logs in as one
	single map[hotline.AgentID]bool
	strong strongPhones
}

// centreKeeper holds the centre in force. Readers get it whole by one atomic read.
type centreKeeper struct {
	bucket  local.Bucket
	realm   string
	seed    maphash.Seed
	current atomic.Pointer[inForce]
	fresh   bool // the file came into force at this start

	mu     sync.Mutex                   // orders changes; guards notify
	notify []func(*centre.Centre) error // told of every change, in order
}

// newCentreKeeper decides which centre is in force at a start: the file, if it changed since it was last applied, else
// what was applied last, so that edits made in the pages are kept.
func newCentreKeeper(b local.Bucket, cfg config) (*centreKeeper, error) {
	k := &centreKeeper{bucket: b, realm: cfg.SIP.Domain, seed: maphash.MakeSeed()}
	source, err := b.Get(keySource)
	if err != nil {
		return nil, err
	}
	if cfg.Centre != "" {
		c, file, err := readCentre(cfg)
		if err != nil {
			return nil, err
		}
		last, err := b.Get(keyFileHash)
		if err != nil {
			return nil, err
		}
		if source == nil || string(last) != c.SHA256 {
			if err := b.PutAll(map[string][]byte{keySource: file, keyFileHash: []byte(c.SHA256)}); err != nil {
				return nil, err
			}
			if err := k.keep(c.SHA256, file); err != nil {
				return nil, err
			}
			k.put(c)
			k.fresh = true
			return k, nil
		}
	}
	if source == nil {
		source = []byte("language: zh-CN\n") // an empty centre: to be filled by `hotline apply`
	}
	c, bad := centre.Parse("centre in force", source, os.LookupEnv)
	if bad != nil {
		return nil, faults(bad)
	}
	k.put(c)
	return k, nil
}

// readCentre reads the config's centre file.
func readCentre(cfg config) (*centre.Centre, []byte, error) {
	file, err := os.ReadFile(cfg.Centre)
	if err != nil {
		return nil, nil, faults{{
			File: cfg.File, Line: max(cfg.CentreLine, 1), Key: "centre", Problem: fmt.Sprintf("%s: %s", cfg.Centre, reason(err)),
			Want: "a centre file such as deploy/centre.yaml",
		}}
	}
	c, bad := centre.Parse(cfg.Centre, file, os.LookupEnv)
	if bad != nil {
		return nil, nil, faults(bad)
	}
	return c, file, nil
}

func (k *centreKeeper) put(c *centre.Centre) {
	f := &inForce{
		centre: c, plan: ivr.NewPlan(c), ha1: make(map[string]string, len(c.Agents)),
		desks: make(map[string]string), single: make(map[hotline.AgentID]bool),
	}
	f.strong.seed, f.strong.all = k.seed, len(c.Agents)+len(c.Desks)
	f.strong.ha1 = make(map[string]string)
	for _, a := range c.Agents {
		if a.Digest == "sha-256" {
			f.strong.ha1[string(a.ID)] = strongHA1(string(a.ID), k.realm, a.Password)
		}
		f.ha1[string(a.ID)] = ha1(string(a.ID), k.realm, a.Password)
		if a.Phones == "one" {
			f.single[a.ID] = true
		}
	}
	for _, d := range c.Desks {
		if d.Digest == "sha-256" {
			f.strong.ha1[string(d.ID)] = strongHA1(string(d.ID), k.realm, d.Password)
		}
		f.desks[string(d.ID)] = ha1(string(d.ID), k.realm, d.Password)
	}
	k.current.Store(f)
}

func (k *centreKeeper) now() *centre.Centre     { return k.current.Load().centre }
func (k *centreKeeper) plan() *ivr.Plan         { return k.current.Load().plan }
func (k *centreKeeper) ha1s() map[string]string { return k.current.Load().ha1 }

// onChange adds someone who must follow every change before it is in force.
func (k *centreKeeper) onChange(f func(*centre.Centre) error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.notify = append(k.notify, f)
}

// apply puts another centre in force without dropping a call: calls under way go on by the plan they began with.
func (k *centreKeeper) apply(name string, source []byte) (*centre.Centre, error) {
	c, bad := centre.Parse(name, source, os.LookupEnv)
	if bad != nil {
		return nil, faults(bad)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return c, k.enforce(c, nil)
}

// enforce puts a centre in force, with what is noted about it; nil: nothing. The caller holds mu.
func (k *centreKeeper) enforce(c *centre.Centre, note []byte) error {
	if err := k.bucket.PutAll(map[string][]byte{keySource: c.Source, keyNote + c.SHA256: note}); err != nil {
		return err
	}
	if err := k.keep(c.SHA256, c.Source); err != nil {
		return err
	}
	k.put(c)
	var errs []error
	for _, f := range k.notify {
		errs = append(errs, f(c))
	}
	return errors.Join(errs...)
}
