//go:build race

package wiretest

// RaceDetector: the race RaceDetector takes memory of its own, so that what the process has says nothing.
const RaceDetector = true
