// Package syntax reads the words of SIP messages as they stand on the wire and makes texts fit to stand there (RFC 3261 §7, §25). It
// is pure and knows no sockets, transactions or calls.
//
// What it reads is hostile: it never panics, its cost is linear, and it is strict where laxness has let one element of a network see
// another message than the next. What is read keeps the sender's own words. The functions whose names begin with Safe, and Scrub,
// are for what goes out again: sipgo writes what it is given, line breaks and all.
package syntax
