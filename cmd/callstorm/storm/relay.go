package storm

import (
	"context"
	"net/netip"
	"time"
)

// Relay is a load for something that only passes packets on: what comes to a port goes out of the port beside it, to whoever sent
// there last.
type Relay struct {
	First     netip.AddrPort // an even port: the pairs follow each other
	Pairs     int
	Local     netip.Addr    // default 127.0.0.1
	Duration  time.Duration // longer than settleTime
	EnginePID int
}

// RunRelay sends 20 ms packets both ways through all pairs, for the duration or until ctx is done.
func RunRelay(ctx context.Context, cfg Relay) (*Result, error) {
	c, err := Config{
		Server: cfg.First, Local: cfg.Local, Probe: true, EnginePID: cfg.EnginePID, Calls: cfg.Pairs, Codecs: []string{"PCMU"},
	}.withDefaults()
	if err != nil {
		return nil, err
	}
	life, stop := context.WithTimeout(ctx, cfg.Duration)
	defer stop()
	s := newStorm(life, c)
	defer s.close()
	if err := s.openAudio(); err != nil {
		return nil, err
	}
	s.startAudio()
	meter := newMeter(cfg.EnginePID)
	s.watch(life, meter)
	start := time.Now()
	var all []func()
	for i := range cfg.Pairs {
		for side := range 2 {
			at := s.pick(side == 1)
			st := &stream{to: endpointOf(netip.AddrPortFrom(cfg.First.Addr(), cfg.First.Port()+uint16(2*i+side))), pt: s.codecs[0], probe: true}
			at.add(st)
			all = append(all, func() { at.remove(st) })
		}
		s.tally.busy(1)
	}
	<-life.Done()
	for _, end := range all {
		end()
	}
	return s.result(time.Since(start), meter), nil
}
