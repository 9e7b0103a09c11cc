package sip

// registration keeps us registered with a trunk.
type registration struct{}

func (r *registration) moved() {}

func (r *registration) state() RegistrationState { return RegistrationState{} }
