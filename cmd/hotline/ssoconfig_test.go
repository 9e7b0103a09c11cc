package main

import (
	"slices"
	"testing"

	"hotline/centre/strict"
	"hotline/web/auth"
)

func TestSSOConfig(t *testing.T) {
	text := `web:
  oidc:
    issuer: https://login.example/realms/main
    client_id: hotline
    client_secret: "${OIDC_SECRET}"
    pages: https://hotline.example/
    name: 统一认证
    scopes: [profile, groups]
    role: groups
    roles: {hotline-leads: lead, hotline-agents: agent}
    agent: employee_number
`
	c, faults := readConfig(write(t, "hotline.yaml", text), func(n string) (string, bool) { return "s3cret", n == "OIDC_SECRET" })
	s := c.Web.SSO
	if len(faults) != 0 || s == nil {
		t.Fatalf("%v", faults)
	}
	if s.Redirect != "https://hotline.example/api/v1/sso" || s.Secret != "s3cret" || s.Roles["hotline-leads"] != auth.Lead || len(s.Scopes) != 2 || c.Web.SSOName != "统一认证" {
		t.Errorf("%+v %q", s, c.Web.SSOName)
	}
	if c, faults := readConfig(write(t, "hotline.yaml", "data: d\n"), noEnv); len(faults) != 0 || c.Web.SSO != nil {
		t.Errorf("%v", faults)
	}
}

func TestEveryFaultOfSSOIsNamed(t *testing.T) {
	for text, key := range map[string]string{
		`{client_id: h, pages: "https://h.example", role: g, roles: {a: lead}}`:                                              "web.oidc.issuer",
		`{issuer: "http://login.example", client_id: h, pages: "https://h.example", role: g, roles: {a: lead}}`:              "web.oidc.issuer",
		`{issuer: "https://login.example", client_id: h, pages: "http://h.example", role: g, roles: {a: lead}}`:              "web.oidc.pages",
		`{issuer: "https://login.example", client_id: h, pages: "https://h.example", roles: {a: lead}}`:                      "web.oidc.role",
		`{issuer: "https://login.example", client_id: h, pages: "https://h.example", role: g}`:                               "web.oidc.roles",
		`{issuer: "https://login.example", client_id: h, pages: "https://h.example", role: g, roles: {a: king}}`:             "web.oidc.roles.a",
		`{issuer: "https://login.example", client_id: h, pages: "https://h.example", role: g, roles: {a: agent}}`:            "web.oidc.roles.a",
		`{issuer: "https://login.example", client_id: h, pages: "https://h.example", role: g, roles: {a: lead}, color: red}`: "web.oidc.color",
	} {
		_, faults := readConfig(write(t, "hotline.yaml", "web:\n  oidc: "+text+"\n"), noEnv)
		if !slices.ContainsFunc(faults, func(f strict.Fault) bool { return f.Key == key }) {
			t.Errorf("%s: %v", text, faults)
		}
	}
}
