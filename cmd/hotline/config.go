package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/call"
	"hotline/centre/strict"
	"hotline/media"
	"hotline/notify"
	"hotline/sip/wire"
	"hotline/web/oidc"
)

// config is hotline.yaml: what belongs to the machine.
type config struct {
	File          string // where it was read from; empty: defaults
	Data          string // folder of the log, recordings and prompts
	Centre        string // the centre file; empty: none
	CentreLine    int    // where the file names it, for a fault
	SIP           sipConfig
	Ports         [2]uint16 // first and last RTP port; both 0: the kernel chooses
	Codecs        []media.Codec
	SRTP          wire.SRTP         // how media is protected where a trunk says nothing else
	SDESClear     bool              // its keys may go over the network unencrypted
	Loops         int               // goroutines that read media; 0: one a processor
	Bypass        bool              // the kernel passes on packets that only go through, where it lets us
	OwnThreads    int               // of these, when each has a P of its own: their number; 0: none has. Set by serve
	Slowly        func(work func()) // does what waits for the disk, so that others need not; nil: just so. Set by serve
	Web           webConfig
	Metrics       netip.AddrPort // invalid: nowhere
	Keep          time.Duration  // of recordings; 0: for ever
	Log           logConfig
	Webhooks      []notify.Hook
	Out           outwardConfig
	ReportDomains []string // where reports may be mailed to; empty: everywhere

	QueueUses []queueUse // of queues that the file names, of which the centre may know nothing

	limits call.Limits // of calls, where they are not the hub's own; only tests set them
}

type sipConfig struct {
	Listen     []wire.Listen
	Advertise  netip.Addr
	Exceptions []wire.Advertised // peers who see us at another address
	Domain     string
	Cert, Key  string   // PEM files of the tls and wss listeners
	Origins    []string // of pages that may open a WebSocket; empty: those of the very host
	Trunks     []wire.Trunk
	KeepAlive  time.Duration // between questions to phones and trunks whether they live; 0: none is asked

	SessionExpires, MinSE time.Duration // session timers; below 0: none asked for
}

type webConfig struct {
	Listen    netip.AddrPort
	Cert, Key string
	SSO       *oidc.Config // by which identity provider people log in; nil: none
	SSOName   string
}

// defaults is the config without a file.
func defaults() config {
	any4 := netip.AddrPortFrom(netip.IPv4Unspecified(), 5060)
	return config{
		Data: "data",
		SIP: sipConfig{
			Domain: "hotline", Listen: []wire.Listen{{Network: "udp", Addr: any4}, {Network: "tcp", Addr: any4}}, KeepAlive: 30 * time.Second,
		},
		Ports: [2]uint16{20000, 29999}, Codecs: []media.Codec{media.PCMA, media.PCMU}, SRTP: wire.SRTPOptional,
		Web:     webConfig{Listen: netip.MustParseAddrPort("127.0.0.1:8080")},
		Metrics: netip.MustParseAddrPort("127.0.0.1:9466"), Log: logConfig{Keep: defaultLogKeep},
	}
}

// readConfig reads the file and names every fault in it. An empty name gives the defaults. Relative paths in the file are
// taken from the file's folder.
func readConfig(name string, env func(string) (string, bool)) (config, []strict.Fault) {
	c := defaults()
	if name == "" {
		if _, err := os.Stat("centre.yaml"); err == nil {
			c.Centre = "centre.yaml"
		}
		return c, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return c, []strict.Fault{{File: name, Line: 1, Key: "file", Problem: reason(err), Want: "a file such as deploy/hotline.yaml"}}
	}
	f, root := strict.Read(name, data)
	r := configReader{env: env, dir: filepath.Dir(name), queues: &c.QueueUses}
	c.File = name
	if root.Present() {
		r.read(&c, root)
	}
	return c, f.Faults()
}

func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

type configReader struct {
	env    func(string) (string, bool)
	dir    string
	queues *[]queueUse // of the centre's, that the file names
}

func (r configReader) read(c *config, root strict.Value) {
	m := root.Map("data", "centre", "sip", "media", "web", "metrics", "recordings", "log", "webhooks", "mail", "alarms", "reports", "events", "queue_log")
	c.Data = r.path(m.Get("data"), "data")
	c.Centre = r.path(m.Get("centre"), "")
	c.CentreLine = m.Get("centre").Line()
	r.sip(&c.SIP, m.Get("sip"))
	mm := m.Get("media").Map("ports", "codecs", "srtp", "sdes_in_clear", "loops", "bypass")
	r.ports(c, mm.Get("ports"))
	r.codecs(c, mm.Get("codecs"))
	c.SRTP, c.SDESClear = r.srtp(mm.Get("srtp"), wire.SRTPOptional), mm.Get("sdes_in_clear").Bool(false)
	c.Loops = mm.Get("loops").Int(0, 1, 64)
	c.Bypass = mm.Get("bypass").Bool(true)
	c.Webhooks = r.webhooks(m.Get("webhooks"))
	r.outward(&c.Out, m)
	c.ReportDomains = r.reportDomains(m.Get("reports").Map("domains").Get("domains"))
	w := m.Get("web").Map("listen", "cert", "key", "oidc")
	c.Web.SSO, c.Web.SSOName = r.sso(w.Get("oidc"))
	c.Web.Listen = r.addr(w.Get("listen"), c.Web.Listen)
	c.Web.Cert, c.Web.Key = r.certificate(m.Get("web"), w)
	c.Metrics = r.addr(m.Get("metrics").Map("listen").Get("listen"), c.Metrics)
	r.logKeep(&c.Log, m.Get("log"))
	c.Keep = m.Get("recordings").Map("keep").Get("keep").Duration(0, 24*time.Hour, 100*365*24*time.Hour)
}

// text reads a text in which ${NAME} stands for the environment's value.
func (r configReader) text(v strict.Value, def string) string {
	s := v.OptionalText(def)
	return regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`).ReplaceAllStringFunc(s, func(name string) string {
		value, ok := r.env(name[2 : len(name)-1])
		if !ok {
			v.Fault(fmt.Sprintf("%s is not set in the environment", name), "set it, or write the value here")
		}
		return value
	})
}

func (r configReader) path(v strict.Value, def string) string {
	p := r.text(v, def)
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(r.dir, p)
}

func (r configReader) addr(v strict.Value, def netip.AddrPort) netip.AddrPort {
	s := r.text(v, "")
	if s == "" {
		return def
	}
	a, err := netip.ParseAddrPort(s)
	if err != nil {
		v.Fault(fmt.Sprintf("%s is not an address and port", strict.Quote(s)), "such as 127.0.0.1:8080 or [::1]:8080")
		return def
	}
	return a
}

func (r configReader) ports(c *config, v strict.Value) {
	s := v.Text("")
	if s == "" {
		return
	}
	low, high, ok := strings.Cut(s, "-")
	a, err1 := strconv.ParseUint(strings.TrimSpace(low), 10, 16)
	b, err2 := strconv.ParseUint(strings.TrimSpace(high), 10, 16)
	if !ok || err1 != nil || err2 != nil || a < 1024 || b <= a {
		v.Fault(fmt.Sprintf("%s is not a range of ports", strict.Quote(s)), "FIRST-LAST from 1024 to 65535, such as 20000-29999: a call needs four")
		return
	}
	c.Ports = [2]uint16{uint16(a), uint16(b)}
}

func (r configReader) srtp(v strict.Value, def wire.SRTP) wire.SRTP {
	return wire.SRTP(v.OneOf(string(def), "off", "optional", "required"))
}

func (r configReader) codecs(c *config, v strict.Value) {
	if !v.Present() {
		return
	}
	c.Codecs = r.codecList(v)
}

func (r configReader) sip(c *sipConfig, v strict.Value) {
	m := v.Map("listen", "advertise", "domain", "cert", "key", "origins", "trunks", "keep_alive", "session_expires", "min_se")
	c.Cert, c.Key = r.certificate(v, m)
	r.origins(c, m.Get("origins"))
	if l := m.Get("listen"); l.Present() {
		c.Listen = nil
		for _, one := range l.List() {
			if at, ok := r.listen(one); ok {
				if (at.Network == "tls" || at.Network == "wss") && (c.Cert == "" || c.Key == "") {
					one.Fault("needs a certificate", "sip.cert and sip.key beside it")
				}
				c.Listen = append(c.Listen, at)
			}
		}
	}
	r.advertise(c, m.Get("advertise"))
	c.Domain = r.text(m.Get("domain"), c.Domain)
	if !regexp.MustCompile(`^[A-Za-z0-9.:\[\]-]+$`).MatchString(c.Domain) {
		m.Get("domain").Fault(fmt.Sprintf("%s is not a domain", strict.Quote(c.Domain)), "a host name such as hotline.example")
	}
	c.KeepAlive = r.keepAlive(m.Get("keep_alive"), c.KeepAlive)
	r.sessionTimer(c, m.Get("session_expires"), m.Get("min_se"))
	names := map[string]bool{}
	for _, one := range m.Get("trunks").List() {
		t := r.trunk(one)
		if names[t.Name] {
			one.Fault(fmt.Sprintf("a second trunk is called %s", strict.Quote(t.Name)), "another name")
		}
		names[t.Name] = true
		c.Trunks = append(c.Trunks, t)
	}
}

// keepAlive is how often phones and trunks are asked whether they live. Oftener than every five seconds would be a load.
func (r configReader) keepAlive(v strict.Value, def time.Duration) time.Duration {
	s := v.Text("")
	if s == "" {
		return def
	}
	d, err := strict.ParseDuration(s)
	switch {
	case s == "0":
		return 0
	case err != nil || d < 5*time.Second || d > time.Hour:
		v.Fault(fmt.Sprintf("%s is not how often phones are asked", strict.Quote(s)), "a time from 5s to 1h such as 30s, or 0: none is asked")
		return def
	}
	return d
}

func (r configReader) listen(v strict.Value) (wire.Listen, bool) {
	const want = "udp://ADDRESS:PORT, tcp://, tls://, ws:// or wss://"
	s := r.text(v, "")
	network, rest, ok := strings.Cut(s, "://")
	switch {
	case !ok:
		v.Fault(fmt.Sprintf("%s names no transport", strict.Quote(s)), want)
	case !slices.Contains([]string{"udp", "tcp", "tls", "ws", "wss"}, network):
		v.Fault(fmt.Sprintf("%s is not a transport", strict.Quote(network)), want)
	default:
		a, err := netip.ParseAddrPort(rest)
		if err == nil {
			return wire.Listen{Network: network, Addr: a}, true
		}
		v.Fault(fmt.Sprintf("%s is not an address and port", strict.Quote(rest)), want)
	}
	return wire.Listen{}, false
}
