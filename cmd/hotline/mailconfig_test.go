package main

import (
	"slices"
	"testing"

	"hotline/centre/strict"
)

func TestMailConfig(t *testing.T) {
	env := func(name string) (string, bool) { return "hunter2", name == "MAIL_PASSWORD" }
	for text, want := range map[string]string{
		`{server: mail.example, user: hotline, password: "${MAIL_PASSWORD}", from: "热线 <hotline@mail.example>"}`: "mail.example:587 starttls hunter2",
		`{server: "mail.example", tls: tls, from: hotline@mail.example}`:                                         "mail.example:465 tls ",
		`{server: "[::1]:2525", tls: none, from: hotline@mail.example}`:                                          "[::1]:2525 none ",
	} {
		c, faults := readConfig(write(t, "hotline.yaml", "mail: "+text+"\n"), env)
		if len(faults) != 0 || c.Out.Mail == nil {
			t.Fatalf("%s: %v", text, faults)
		}
		if got := c.Out.Mail.Server + " " + c.Out.Mail.TLS + " " + c.Out.Mail.Password; got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	if c, faults := readConfig(write(t, "hotline.yaml", "data: d\n"), env); len(faults) != 0 || c.Out.Mail != nil {
		t.Errorf("%v", faults)
	}
}

func TestEveryFaultOfMailIsNamed(t *testing.T) {
	for text, key := range map[string]string{
		`{tls: none, from: a@b.example}`:                                        "mail.server",
		`{server: "mail.example:0", from: a@b.example}`:                         "mail.server",
		`{server: mail.example, tls: none, from: a@b.example}`:                  "mail.tls",
		`{server: mail.example, tls: ssl, from: a@b.example}`:                   "mail.tls",
		`{server: mail.example, user: hotline, from: a@b.example}`:              "mail",
		`{server: mail.example, from: hotline}`:                                 "mail.from",
		`{server: mail.example, from: a@b.example, ca: nowhere.pem}`:            "mail.ca",
		`{server: mail.example, from: a@b.example, colour: red}`:                "mail.colour",
		`{server: mail.example, from: a@b.example, user: u, password: "${NO}"}`: "mail.password",
	} {
		_, faults := readConfig(write(t, "hotline.yaml", "mail: "+text+"\n"), noEnv)
		if !slices.ContainsFunc(faults, func(f strict.Fault) bool { return f.Key == key }) {
			t.Errorf("%s: %v", text, faults)
		}
	}
}
