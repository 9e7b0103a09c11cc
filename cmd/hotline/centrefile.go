package main

import (
	"encoding/json"
	"fmt"
	"os"

	"hotline"
	"hotline/centre"
	"hotline/web"
)

// centreFile lets the pages edit the centre.
type centreFile struct{ e *engine }

var _ web.CentreFile = centreFile{}

// Source implements web.CentreFile.
func (f centreFile) Source(sha string) ([]byte, error) {
	if sha == "" {
		return f.e.centre.now().Export(), nil
	}
	b, err := f.e.centre.bucket.Get(keyVersion + sha)
	switch {
	case err != nil:
		return nil, err
	case len(b) < 8:
		return nil, web.ErrNoVersion
	}
	return b[8:], nil
}

// Check implements web.CentreFile.
func (f centreFile) Check(source []byte) (*centre.Centre, []centre.Fault) {
	c, bad := centre.Parse("centre.yaml", source, os.LookupEnv)
	if bad != nil {
		return nil, bad
	}
	cfg := f.e.config()
	cfg.Centre = "centre.yaml"
	return c, lacking(cfg, f.e.prompts.library, c)
}

// Publish implements web.CentreFile.
func (f centreFile) Publish(p web.Publication) error {
	c, err := f.e.centre.publish(p)
	if err != nil {
		return err
	}
	fact := hotline.CentreApplied{SHA256: c.SHA256, By: p.By}
	if _, err := f.e.store.Append([]hotline.Event{{At: f.e.clock.Now(), Fact: fact}}); err != nil {
		return fmt.Errorf("the centre is in force, but not in the log: %w", err)
	}
	return nil
}

// Versions implements web.CentreFile.
func (f centreFile) Versions() ([]web.CentreVersion, error) {
	versions, err := f.e.centre.versions()
	if err != nil {
		return nil, err
	}
	all := make([]web.CentreVersion, 0, len(versions))
	for _, v := range versions {
		n, err := f.e.centre.noted(v.SHA256)
		if err != nil {
			return nil, err
		}
		all = append(all, web.CentreVersion{SHA256: v.SHA256, At: v.At, By: n.By, Note: n.Note})
	}
	return all, nil
}

// versionNote is who put a file in force last, and why.
type versionNote struct {
	By   string `json:"by,omitempty"`
	Note string `json:"note,omitempty"`
}

// noted is what was noted about a version; zero: nothing.
func (k *centreKeeper) noted(sha string) (n versionNote, err error) {
	b, err := k.bucket.Get(keyNote + sha)
	if err != nil || b == nil {
		return n, err
	}
	return n, json.Unmarshal(b, &n)
}

// publish puts a file in force that was made from the one in force; the error wraps web.ErrNotBase if it was made from another.
func (k *centreKeeper) publish(p web.Publication) (*centre.Centre, error) {
	c, bad := centre.Parse("centre.yaml", p.Source, os.LookupEnv)
	if bad != nil {
		return nil, faults(bad)
	}
	note, err := json.Marshal(versionNote{p.By, p.Note})
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now().SHA256 != p.Base {
		return nil, web.ErrNotBase
	}
	return c, k.enforce(c, note)
}
