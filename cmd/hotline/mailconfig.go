package main

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"

	"hotline/centre/strict"
	"hotline/notify"
)

// mail reads by whom mails are sent; nil: none are.
func (r configReader) mail(v strict.Value) *notify.MailServer {
	if !v.Present() {
		return nil
	}
	m := v.Map("server", "tls", "user", "password", "from", "ca")
	s := &notify.MailServer{
		TLS:    m.Get("tls").OneOf(notify.TLSStart, notify.TLSStart, notify.TLSOn, notify.TLSNone),
		Server: r.text(m.Get("server").Need(), ""), User: r.text(m.Get("user"), ""), Password: r.text(m.Get("password"), ""), From: r.text(m.Get("from").Need(), ""),
	}
	host, port, err := net.SplitHostPort(s.Server)
	if err != nil { // without a port: that of the kind of TLS (RFC 8314 §3.3, RFC 6409 §3.1)
		host, port = s.Server, map[string]string{notify.TLSStart: "587", notify.TLSOn: "465", notify.TLSNone: "25"}[s.TLS]
		s.Server = net.JoinHostPort(host, port)
	}
	if n, err := strconv.ParseUint(port, 10, 16); m.Get("server").Present() && (err != nil || n == 0 || host == "") {
		m.Get("server").Fault(fmt.Sprintf("%s is not a server", strict.Quote(s.Server)), "mail.example or mail.example:587")
	}
	if s.TLS == notify.TLSNone && !loopback(host) {
		m.Get("tls").Fault("would send mails and the password in the clear", "starttls or tls; none is for a server on this machine, such as 127.0.0.1:25")
	}
	if (s.User == "") != (s.Password == "") {
		v.Fault("has one of user and password", "both, or neither: the server then asks for none")
	}
	if s.From != "" && notify.CheckAddress(s.From) != nil {
		m.Get("from").Fault(fmt.Sprintf("%s is not a mail address", strict.Quote(s.From)), "hotline@example.com or 'Hotline <hotline@example.com>'")
	}
	if ca := r.authorities(m.Get("ca")); ca != "" {
		pem, _ := os.ReadFile(ca) // what is wrong with it has been said
		s.CA = x509.NewCertPool()
		s.CA.AppendCertsFromPEM(pem)
	}
	return s
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
