//go:build !race

package secure_test

// detector: the race detector does not run.
const detector = false
