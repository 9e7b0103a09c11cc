//go:build race

package secure_test

// detector: the race detector lets pools forget what was put back, so that allocations say nothing.
const detector = true
