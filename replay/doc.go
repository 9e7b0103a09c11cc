// Package replay asks what would have been: it takes the callers, agents and talks of a span of the log and runs them through
// a router again, in virtual time, with the centre file of that time or another one.
//
// What people did of their own accord is taken from the log as it was: who called when and for which queue, who signed in,
// took a break, lost a phone, what a lead ordered. What followed from a decision of the router is carried over as a habit: how
// long a caller's phone call lasts and how long it takes to be answered is the same whoever answers; a caller who hung up
// would hang up after the same time again; a phone that nobody picked up rings unanswered as long as it did. What the log
// cannot know is drawn by lot from what it does know, with the contact's id as the lot, so that the same question has the
// same answer: the patience of callers who were answered (Kaplan and Meier's estimate of the span, given that they had waited
// already), the length of talks that never came about.
//
// Run with the same file it gives the very facts of the log; that is how its own soundness is tested.
//
// It owns nothing and writes no log. Package cmd asks it.
package replay
