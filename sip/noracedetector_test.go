//go:build !race

package sip

// detector: the race detector does not run.
const detector = false
