// Package recorder turns the audio of a contact into one file: a stereo WAV on one time line from the first answer to the
// last hang-up, customer left, agents right, and a sidecar that says what happened when and how the audio hashes.
//
// It owns the recordings' folder. The packet path only copies into a ring (Tap); one goroutine writes all files. What a
// crash leaves behind is closed by Repair at the next start, with at most a second of audio missing. It decides nothing
// about calls: who is recorded, from when to when, is told to it. Callers are the switch (audio) and the log's tail (Apply).
package recorder
