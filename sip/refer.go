package sip

// tellReferrer is filled in below.
func (l *leg) tellReferrer(code int) {}
