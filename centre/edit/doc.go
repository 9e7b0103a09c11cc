// Package edit changes the text of a centre file the way a careful person would: only the place in question is touched, so that
// comments, order, quotes and blank lines of everything else stay to the letter. It also hides the file's secrets and puts them
// back, and says in the file's own words what differs between two files.
//
// It is pure: text in, text out. Whether a new text is a valid centre is for centre.Parse to say, which names every fault with
// its line and key. Every edit is proven before it is returned: the new text, read again, must be the old tree with exactly the
// change that was asked for; a place that is written in a way that cannot be changed safely is refused with ErrByHand.
package edit
