package main

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"time"

	"hotline/centre/strict"
	"hotline/notify"
)

const maxChannels = 20

// alarms reads where alarms are told, besides the pages.
func (r configReader) alarms(v strict.Value, mail bool) []notify.Channel {
	var all []notify.Channel
	names := map[string]bool{}
	for i, one := range v.List() {
		if i == maxChannels {
			one.Fault("is one channel too many", fmt.Sprintf("at most %d", maxChannels))
			break
		}
		c := r.channel(one, mail)
		if c.Name != "" && names[c.Name] {
			one.Fault(fmt.Sprintf("a second channel is called %s", strict.Quote(c.Name)), "another name")
		}
		names[c.Name] = true
		all = append(all, c)
	}
	return all
}

func (r configReader) channel(v strict.Value, mail bool) notify.Channel {
	m := v.Map("name", "to", "url", "secret", "addresses", "language", "alarms", "severities", "queues", "repeat")
	c := notify.Channel{
		Name: r.name(m.Get("name")), URL: r.text(m.Get("url"), ""), Secret: r.text(m.Get("secret"), ""),
		Kind:     m.Get("to").Need().OneOf("", notify.ChannelWebhook, notify.ChannelMail, notify.ChannelDingTalk, notify.ChannelWeCom, notify.ChannelFeishu),
		Language: m.Get("language").OneOf("zh-CN", "zh-CN", "en-US"), Repeat: m.Get("repeat").Duration(0, time.Minute, 24*time.Hour),
	}
	for _, one := range m.Get("addresses").List() {
		if s := r.text(one, ""); notify.CheckAddress(s) != nil {
			one.Fault(fmt.Sprintf("%s is not a mail address", strict.Quote(s)), "lead@example.com")
		} else {
			c.To = append(c.To, s)
		}
	}
	for _, one := range m.Get("alarms").List() {
		if s := one.Text(""); s != "" {
			c.Alarms = append(c.Alarms, s)
		}
	}
	for _, one := range m.Get("severities").List() {
		if s := one.OneOf("", notify.SeverityCrit, notify.SeverityWarn); s != "" && !slices.Contains(c.Severities, s) {
			c.Severities = append(c.Severities, s)
		}
	}
	c.Queues = r.queueList(m.Get("queues"))
	r.channelFits(v, m, &c, mail)
	return c
}

// channelFits names what is missing, or does not belong there.
func (r configReader) channelFits(v strict.Value, m strict.Map, c *notify.Channel, mail bool) {
	if c.Kind == notify.ChannelMail {
		if !mail {
			v.Fault("is by mail, and no mail server is named", "mail: {server: …, from: …} in this file")
		}
		if len(c.To) == 0 {
			v.Fault("is by mail to nobody", "addresses: [lead@example.com]")
		}
		for _, key := range []string{"url", "secret"} {
			if m.Get(key).Present() {
				m.Get(key).Fault("means nothing by mail", "addresses alone")
			}
		}
		return
	}
	if m.Get("addresses").Present() {
		m.Get("addresses").Fault("are for mail alone", "to: mail")
	}
	if c.Kind != "" {
		r.postURL(m.Get("url").Need(), c.URL)
	}
	switch {
	case c.Kind == notify.ChannelWeCom && c.Secret != "":
		m.Get("secret").Fault("is not what a WeCom robot knows", "nothing: the key in its url is all")
	case c.Kind == notify.ChannelWebhook:
		r.secret(m.Get("secret").Need(), c.Secret)
	}
}

// name reads the name of a place or a metric.
func (r configReader) name(v strict.Value) string {
	s := v.Need().Text("")
	if s != "" && !regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`).MatchString(s) {
		v.Fault(fmt.Sprintf("%s is not a name", strict.Quote(s)), "up to 64 of A–Z a–z 0–9 _ . -")
	}
	return s
}

// postURL says what is wrong with an address to post to. It is never quoted: it may hold a key.
func (r configReader) postURL(v strict.Value, s string) {
	if u, err := url.Parse(s); s != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Fragment != "") {
		v.Fault("is not an address to post to", "https://crm.example/hotline")
	}
}

func (r configReader) secret(v strict.Value, s string) {
	if n := len(s); n > 0 && n < leastSecret {
		v.Fault("is too short", fmt.Sprintf("at least %d characters, such as ${CRM_SECRET} from the environment", leastSecret))
	}
}
