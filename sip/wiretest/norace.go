//go:build !race

package wiretest

// RaceDetector: the race detector does not run.
const RaceDetector = false
