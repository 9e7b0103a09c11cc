package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"

	"hotline/web/auth"
)

// logins are the logins kept in the engine's data.
func (e *engine) logins() *auth.Auth {
	return auth.New(auth.Config{
		Users: e.store.Bucket("users"), Sessions: e.store.Bucket("sessions"), Factors: e.store.Bucket("factors"), Accounts: accounts{e.centre}, Realm: e.cfg.SIP.Domain,
	})
}

// addUser adds a login.
func (e *engine) addUser(name, role, password string) error {
	a := e.auth
	if a == nil {
		a = e.logins()
	}
	return a.Add(name, auth.Role(role), password)
}

// firstLogin makes the login admin when there is none at all: its password comes from HOTLINE_ADMIN_PASSWORD or is random,
// and then it is printed once.
func (e *engine) firstLogin() error {
	users, err := e.auth.List()
	if err != nil || len(users) > 0 {
		return err
	}
	password := os.Getenv("HOTLINE_ADMIN_PASSWORD")
	printed := password == ""
	if printed {
		password = rand.Text()
	}
	if err := e.auth.Add("admin", auth.Director, password); err != nil {
		return errors.Join(errors.New("first login admin, from HOTLINE_ADMIN_PASSWORD"), err)
	}
	if printed && !e.quiet {
		fmt.Fprintf(os.Stderr, "\n  First start: log in as  admin  with  %s  (shown only now)\n\n", password)
	}
	return nil
}

// demoLogins makes one login a role, for people to try.
func (e *engine) demoLogins() ([]login, error) {
	logins := []login{
		{"director", "demo-director", "director: everything"},
		{"lead", "demo-lead-1", "shift lead 值班长"},
		{"qa", "demo-quality", "QA 质检: recordings, numbers masked"},
		{"wall", "demo-wallboard", "a screen on the wall"},
	}
	for i, role := range []auth.Role{auth.Director, auth.Lead, auth.QA, auth.Wallboard} {
		if err := e.auth.Add(logins[i].user, role, logins[i].password); err != nil {
			return nil, err
		}
	}
	first := e.centre.now().Agents[0]
	return append(logins, login{string(first.ID), first.Password, "agent 坐席 " + first.Name + ", on the desk"}), nil
}
