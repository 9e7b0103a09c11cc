// Package archive keeps chapters on a disk of this machine: what the reports let go from memory. It owns the folder it is given. A
// chapter is a file of blocks that is written once, under a name of its own until it is whole and on the platter, and never changes.
// docs/archive.md describes the files.
//
// Only cmd opens an Archive; reports sees it as reports.Past.
package archive
