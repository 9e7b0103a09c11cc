package main

import (
	"fmt"
	"net/url"
	"strings"

	"hotline/centre/strict"
	"hotline/web/auth"
	"hotline/web/oidc"
)

// sso reads by which identity provider people log in; nil: by none. name is what the page calls it.
func (r configReader) sso(v strict.Value) (c *oidc.Config, name string) {
	if !v.Present() {
		return nil, ""
	}
	m := v.Map("issuer", "client_id", "client_secret", "pages", "name", "scopes", "user", "role", "roles", "team", "agent")
	c = &oidc.Config{
		Issuer: r.text(m.Get("issuer").Need(), ""), ClientID: r.text(m.Get("client_id").Need(), ""), Secret: r.text(m.Get("client_secret"), ""),
		User: r.text(m.Get("user"), ""), Role: r.text(m.Get("role").Need(), ""), Team: r.text(m.Get("team"), ""), Agent: r.text(m.Get("agent"), ""),
		Roles: map[string]auth.Role{},
	}
	r.safeAddress(m.Get("issuer"), c.Issuer)
	pages := strings.TrimSuffix(r.text(m.Get("pages").Need(), ""), "/")
	r.safeAddress(m.Get("pages"), pages)
	c.Redirect = pages + "/api/v1/sso"
	for _, s := range m.Get("scopes").List() {
		c.Scopes = append(c.Scopes, r.text(s, ""))
	}
	roles := m.Get("roles").Need().Free()
	for _, word := range roles.Keys() {
		v := roles.Get(word)
		role := auth.Role(v.OneOf("", roleNames()...))
		if c.Roles[word] = role; role == auth.Agent && c.Agent == "" {
			v.Fault("is agent, and no claim has the agent's id", "agent: CLAIM beside roles, whose value is the id in the centre file")
		}
	}
	return c, r.text(m.Get("name"), "SSO")
}

// safeAddress wants https, or http on this machine: tokens and sessions pass by it.
func (r configReader) safeAddress(v strict.Value, text string) {
	u, err := url.Parse(text)
	if text == "" {
		return
	}
	if err == nil && u.Host != "" && u.User == nil && u.RawQuery == "" && (u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())) {
		return
	}
	v.Fault(fmt.Sprintf("%s is not a safe address", strict.Quote(text)), "an address such as https://login.example; http only of this machine")
}

func roleNames() []string {
	var out []string
	for _, r := range auth.Roles() {
		out = append(out, string(r))
	}
	return out
}
