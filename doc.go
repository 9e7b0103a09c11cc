// Package hotline is the vocabulary of the contact-centre engine: identifiers and the four closed sets of values that
// pass between its packages. A Signal is what a switch heard, an Action what a switch must do, a Request what is asked
// of a shard, a Fact (inside an Event) what has become true. New behaviour is a new case in one of these sets.
//
// The package holds types, the event codec and the Log contract. It starts no goroutine, does no I/O and decides
// nothing. Every other package of the engine may import it; it imports only the standard library.
package hotline
