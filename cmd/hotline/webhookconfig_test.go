package main

import (
	"strings"
	"testing"
	"time"
)

func TestWebhookConfig(t *testing.T) {
	env := func(name string) (string, bool) { return "0123456789abcdef", name == "CRM_SECRET" }
	c, faults := readConfig(write(t, "hotline.yaml", `webhooks:
  - {name: crm, url: "https://crm.example/hotline", secret: "${CRM_SECRET}", events: [offer, answer, end, wrap_up], queues: [claims], timeout: 3s, numbers: true}
  - {name: stats, url: "http://10.0.0.7:8000/x?key=1", secret: "${CRM_SECRET}"}
`), env)
	if len(faults) != 0 || len(c.Webhooks) != 2 {
		t.Fatalf("%v %+v", faults, c.Webhooks)
	}
	if h := c.Webhooks[0]; h.Name != "crm" || h.Secret != "0123456789abcdef" || len(h.Events) != 4 || h.Queues[0] != "claims" || h.Timeout != 3*time.Second || !h.Numbers {
		t.Errorf("%+v", h)
	}
	if h := c.Webhooks[1]; h.Timeout != 5*time.Second || h.Numbers || h.Events != nil {
		t.Errorf("%+v", h)
	}
}

func TestEveryFaultOfWebhooksIsNamed(t *testing.T) {
	name := write(t, "hotline.yaml", `webhooks:
  - {url: "ftp://secret-host/x", secret: short, events: [offers], timeout: 1h, colour: red}
  - {name: "a b", url: "https:///x?key=hidden", secret: "${NOWHERE}"}
  - {name: "a b"}
`)
	_, faults := readConfig(name, noEnv)
	var got strings.Builder
	for _, f := range faults {
		got.WriteString(strings.TrimPrefix(f.String(), name) + "\n")
	}
	for _, want := range []string{
		":2: webhooks[0].name", ":2: webhooks[0].url", ":2: webhooks[0].secret", ":2: webhooks[0].events[0]", ":2: webhooks[0].timeout", ":2: webhooks[0].colour",
		":3: webhooks[1].name", ":3: webhooks[1].url", ":3: webhooks[1].secret", ":4: webhooks[2].url", ":4: webhooks[2].secret", ":4: webhooks[2]: a second",
	} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("no fault %q in:\n%s", want, got.String())
		}
	}
	if strings.Contains(got.String(), "hidden") {
		t.Errorf("a key is shown:\n%s", got.String())
	}
}
