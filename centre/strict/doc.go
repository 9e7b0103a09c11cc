// Package strict reads YAML so that nothing in it is ignored: unknown and repeated keys, values of the wrong kind or out of
// range, missing values, aliases that never end. It goes on after a fault, so that one reading names all of them, each with
// file, line and key and with what would be right.
//
// It knows YAML and kinds of values, not what a file is about. Package centre reads the centre file with it and cmd the
// machine's own file. A File and its Values belong to one goroutine.
package strict
