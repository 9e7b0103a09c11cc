// Package local keeps the engine's log and its small state on a disk of this machine. It owns the folder it is given:
// segments of records under log/, a bbolt file state.db, another that ends with the machine, a lock file, and quarantine/ for bytes that a recovery cut off.
// FORMAT.md describes the files.
//
// The log is written by one goroutine. Append encodes its events outside every lock and waits for the writer, which joins
// what waits into one write call, and only then shows the events to Read and Tail: what anyone has seen is in the page
// cache and safe from a kill -9. A second goroutine runs fdatasync behind, as fast as the disk takes it; Durable waits for
// it. Nothing of the log waits for bbolt, and nothing of bbolt for the log but Snapshot.
//
// Only cmd opens a Store; the other packages see it as hotline.Log or as a small interface of their own.
//
// Goroutines: writer (owns the active segment, gives numbers), syncer (owns the synced mark), committer (owns bbolt's
// write transactions). Close stops them in that order and waits for each.
package local
