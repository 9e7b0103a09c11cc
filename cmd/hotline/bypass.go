package main

import "hotline/media/bypass"

// openBypass has the kernel pass packets on, where it can and may; nil: it does not.
func (e *engine) openBypass() *bypass.Bypass {
	if !e.cfg.Bypass || e.cfg.OwnThreads == 0 {
		return nil
	}
	b, err := bypass.Open(e.cfg.OwnThreads)
	if err != nil {
		e.log.Info("the kernel passes on no packets by itself: all go through the engine", "why", err)
		return nil
	}
	e.log.Info("the kernel passes on packets that only go through the engine")
	e.bypass = b
	return b
}
