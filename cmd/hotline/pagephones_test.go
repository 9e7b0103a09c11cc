package main

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hotline"
)

// What the shard hears of an agent's phone in a page: nothing of a page that is loaded anew, everything of others, and nothing
// at all of a login that is no agent.
func TestPagePhones(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []hotline.SetDevice
		p := newPagePhones(func(d hotline.SetDevice) { told = append(told, d) })
		end := make(chan struct{})
		p.serve(func(http.ResponseWriter, *http.Request, string, func() bool) { <-end })
		heard := func(want ...hotline.SetDevice) {
			t.Helper()
			synctest.Wait()
			p.mu.Lock()
			defer p.mu.Unlock()
			if !slices.Equal(told, want) {
				t.Errorf("told %+v, want %+v", told, want)
			}
			told = nil
		}
		up, down := hotline.SetDevice{Agent: "8001", Up: true}, hotline.SetDevice{Agent: "8001"}
		p.up("8001")
		p.down("8001") // a phone on the desk
		heard(up, down)

		go p.ServePage(nil, nil, "8001", nil)
		synctest.Wait()
		p.up("8001")
		heard(up)
		p.down("8001")
		end <- struct{}{}
		time.Sleep(reloadGrace - time.Second)
		heard()
		p.up("8001") // the page is back
		time.Sleep(3 * reloadGrace)
		heard(up)
		p.down("8001") // its socket was long over: no page is loaded anew
		heard(down)

		go p.ServePage(nil, nil, "8001", nil)
		synctest.Wait()
		p.up("8001")
		p.down("8001")
		end <- struct{}{}
		time.Sleep(reloadGrace + time.Second)
		heard(up, down)
		if len(p.open) != 0 || len(p.gone) != 0 {
			t.Errorf("%v %v are kept", p.open, p.gone)
		}
		p.up("~lead")
		p.down("~lead")
		heard()
	})
}
