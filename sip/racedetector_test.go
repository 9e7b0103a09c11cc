//go:build race

package sip

// detector: the race detector takes memory of its own, so that what the process has says nothing.
const detector = true
