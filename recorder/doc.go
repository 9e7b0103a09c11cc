// Package recorder turns the audio of a contact into one file: a stereo WAV on one time line from the first answer to the
// last hang-up, customer left, agents right, and a sidecar that says what happened when and how the audio hashes.
//
// It owns the recordings' folder:
//
//	2026/11/22/CONTACT.wav    audio, a whole WAV at any moment while it grows, by the day of its first sample (UTC)
//	2026/11/22/CONTACT.json   sidecar (Info), written when the audio is over
//	open/recordings.jsonl     which recordings are not stored yet, so that the next start can complete them (Repair)
//
// The packet path only copies into a ring (Tap); one goroutine writes all audio twice a second, another hashes and syncs
// what is over. A crash loses at most a second. What the disk or the log refuses is tried again until it takes it: lost
// audio is silence and a gap, never a shorter file, and RecordingFailed says why. Retain deletes what has been kept long
// enough.
//
// It decides nothing about calls: who is recorded, from when to when, is told to it. Callers are the switch (audio) and the
// log's tail (Apply).
package recorder
