// Package ivr is the dialogue with the caller before, and the words beside, the talk with a person: flows as pure state
// machines and numbers spoken by the rules of a language. It owns where a caller stands in a flow and the keys typed
// ahead. It knows nothing of legs, plays or the network: package call turns its Outputs into actions and is its only
// caller. A Plan is an immutable picture of the centre file; package cmd makes one for every centre applied.
package ivr
