package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/centre/strict"
)

func TestAlarmConfig(t *testing.T) {
	env := func(name string) (string, bool) { return "SEC0123456789abcdef", name == "ROBOT" }
	c, faults := readConfig(write(t, "hotline.yaml", `mail: {server: mail.example, from: hotline@mail.example}
alarms:
  - {name: lead, to: mail, addresses: [lead@mail.example], severities: [crit], repeat: 30m, language: en-US}
  - {name: ding, to: dingtalk, url: "https://oapi.dingtalk.com/robot/send?access_token=x", secret: "${ROBOT}", queues: [claims], alarms: [service_level, storage]}
  - {name: wecom, to: wecom, url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=x"}
  - {name: feishu, to: feishu, url: "https://open.feishu.cn/open-apis/bot/v2/hook/x"}
  - {name: ops, to: webhook, url: "https://ops.example/x", secret: "${ROBOT}"}
`), env)
	if len(faults) != 0 || len(c.Out.Alarms) != 5 {
		t.Fatalf("%v", faults)
	}
	if a := c.Out.Alarms[0]; a.Repeat != 30*time.Minute || a.Language != "en-US" || a.To[0] != "lead@mail.example" || a.Severities[0] != "crit" {
		t.Errorf("%+v", a)
	}
	if a := c.Out.Alarms[1]; a.Secret != "SEC0123456789abcdef" || a.Language != "zh-CN" || len(a.Alarms) != 2 || a.Queues[0] != "claims" {
		t.Errorf("%+v", a)
	}
}

func TestEveryFaultOfAlarmsIsNamed(t *testing.T) {
	_, faults := readConfig(write(t, "hotline.yaml", `alarms:
  - {name: lead, to: mail, url: "https://x.example", severities: [loud]}
  - {name: lead, to: wecom, secret: x, addresses: [a@b.example]}
  - {to: webhook, url: "ftp://x", secret: short, language: fr, repeat: 1s}
  - {name: "a b", to: smoke}
`), noEnv)
	for _, key := range []string{
		"alarms[0]", "alarms[0].url", "alarms[0].severities[0]", "alarms[1]", "alarms[1].secret", "alarms[1].url", "alarms[1].addresses",
		"alarms[2].name", "alarms[2].url", "alarms[2].secret", "alarms[2].language", "alarms[2].repeat", "alarms[3].name", "alarms[3].to",
	} {
		if !slices.ContainsFunc(faults, func(f strict.Fault) bool { return f.Key == key }) {
			t.Errorf("no fault of %s in %v", key, faults)
		}
	}
}

// TestAlarmsTest sends by the command line: one channel takes it, the other does not.
func TestAlarmsTest(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Query().Get("key") != "good" {
			_, _ = w.Write([]byte(`{"errcode":93000,"errmsg":"invalid webhook url"}`))
			return
		}
		_, _ = w.Write([]byte(`{"errcode":0,"errmsg":"ok"}`))
	}))
	defer srv.Close()
	cmd := alarmTestCmd{Channel: "all"}
	cmd.Config = write(t, "hotline.yaml", "alarms:\n  - {name: a, to: wecom, url: '"+srv.URL+"/?key=good'}\n  - {name: b, to: wecom, url: '"+srv.URL+"/?key=bad'}\n")
	var out bytes.Buffer
	if err := cmd.Run(t.Context(), &out); err == nil || err.Error() != "not taken by b" {
		t.Error(err)
	}
	if got := out.String(); got != "a: code 0: ok\nb: NOT TAKEN: code 93000: invalid webhook url\n" || strings.Contains(got, "key=") {
		t.Error(got)
	}
	cmd.Channel = "nobody"
	if err := cmd.Run(t.Context(), &out); err == nil {
		t.Error("a channel that is not there")
	}
}
