package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// robots are small servers that ask for what the real ones ask for, and answer as they do.
type robots struct {
	t      *testing.T
	secret string
	texts  []string
	many   bool // too many messages
}

func mac256(key, text string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

func (r *robots) dingtalk(w http.ResponseWriter, req *http.Request) {
	var body struct {
		MsgType  string `json:"msgtype"`
		Markdown struct{ Title, Text string }
	}
	q := req.URL.Query()
	ms, _ := strconv.ParseInt(q.Get("timestamp"), 10, 64)
	switch err := json.NewDecoder(req.Body).Decode(&body); {
	case q.Get("access_token") != "T0KEN":
		fmt.Fprint(w, `{"errcode":300005,"errmsg":"token is not exist"}`)
	case q.Get("sign") != mac256(r.secret, q.Get("timestamp")+"\n"+r.secret) || time.Since(time.UnixMilli(ms)).Abs() > time.Hour:
		fmt.Fprint(w, `{"errcode":310000,"errmsg":"sign not match, more: [https://ding-doc.dingtalk.com]"}`)
	case r.many:
		fmt.Fprint(w, `{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}`)
	case err != nil || body.MsgType != "markdown" || body.Markdown.Title == "" || len(body.Markdown.Text) > 20_000 || !strings.HasPrefix(req.Header.Get("Content-Type"), "application/json"):
		fmt.Fprint(w, `{"errcode":40035,"errmsg":"miss param"}`)
	default:
		r.texts = append(r.texts, body.Markdown.Text)
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
	}
}

func (r *robots) wecom(w http.ResponseWriter, req *http.Request) {
	var body struct {
		MsgType  string `json:"msgtype"`
		Markdown struct{ Content string }
	}
	switch err := json.NewDecoder(req.Body).Decode(&body); {
	case req.URL.Query().Get("key") != "T0KEN":
		fmt.Fprint(w, `{"errcode":93000,"errmsg":"invalid webhook url, hint: [1700000000000_1_x]"}`)
	case r.many:
		fmt.Fprint(w, `{"errcode":45009,"errmsg":"api freq out of limit"}`)
	case err != nil || body.MsgType != "markdown" || body.Markdown.Content == "":
		fmt.Fprint(w, `{"errcode":40008,"errmsg":"invalid message type"}`)
	case len(body.Markdown.Content) > 4096:
		fmt.Fprint(w, `{"errcode":40058,"errmsg":"markdown.content exceed max length 4096"}`)
	default:
		r.texts = append(r.texts, body.Markdown.Content)
		fmt.Fprint(w, `{"errcode":0,"errmsg":"ok"}`)
	}
}

func (r *robots) feishu(w http.ResponseWriter, req *http.Request) {
	var body struct {
		Timestamp, Sign string
		MsgType         string `json:"msg_type"`
		Content         struct {
			Post map[string]struct {
				Title   string
				Content [][]struct{ Tag, Text string }
			}
		}
	}
	req.Body = http.MaxBytesReader(w, req.Body, 20<<10)
	err := json.NewDecoder(req.Body).Decode(&body)
	s, _ := strconv.ParseInt(body.Timestamp, 10, 64)
	post := body.Content.Post["zh_cn"]
	switch {
	case err != nil || body.MsgType != "post" || len(post.Content) == 0:
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"code":9499,"msg":"Bad Request","data":{}}`)
	case body.Sign != mac256(body.Timestamp+"\n"+r.secret, "") || time.Since(time.Unix(s, 0)).Abs() > time.Hour:
		fmt.Fprint(w, `{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}`)
	case r.many:
		fmt.Fprint(w, `{"code":11232,"msg":"frequency limited"}`)
	default:
		text := post.Title
		for _, line := range post.Content {
			for _, tag := range line {
				if tag.Tag != "text" {
					r.t.Errorf("tag %s", tag.Tag)
				}
				text += "\n" + tag.Text
			}
		}
		r.texts = append(r.texts, text)
		fmt.Fprint(w, `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`)
	}
}

// TestRobotsTakeWhatIsSent: each robot by its contract: taken, too many, a wrong secret, a wrong address; hostile names are no markdown.
func TestRobotsTakeWhatIsSent(t *testing.T) {
	r := &robots{t: t, secret: "SEC0123456789"}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /robot/send", r.dingtalk)
	mux.HandleFunc("POST /cgi-bin/webhook/send", r.wecom)
	mux.HandleFunc("POST /open-apis/bot/v2/hook/T0KEN", r.feishu)
	srv := httptest.NewServer(mux)
	defer srv.Close()
	var storm []told
	for range 100 {
		storm = append(storm, told{Alarm: Alarm{Kind: "engine", Alarm: "storage", Severity: SeverityCrit, Detail: strings.Repeat("长", 200)}})
	}
	hostile := &news{raised: append([]told{{Alarm: Alarm{
		Kind: "longest_wait", Severity: SeverityCrit, QueueName: "[free](http://evil.example) <at id=all></at> **@all** 13800138000\n# x", ValueMS: 65_000, LimitMS: 60_000,
	}}}, storm...)}
	for kind, at := range map[string]struct{ url, wrong, refused, busy string }{
		ChannelDingTalk: {"/robot/send?access_token=T0KEN", "/robot/send?access_token=x", "310000", "130101"},
		ChannelWeCom:    {"/cgi-bin/webhook/send?key=T0KEN", "/cgi-bin/webhook/send?key=x", "", "45009"},
		ChannelFeishu:   {"/open-apis/bot/v2/hook/T0KEN", "/open-apis/bot/v2/hook/x", "19021", "11232"},
	} {
		a := &Alerter{cfg: AlerterConfig{Zone: time.UTC, Agent: "Hotline/test"}}
		c := Channel{Name: kind, Kind: kind, URL: srv.URL + at.url, Secret: r.secret, Language: "zh-CN"}
		r.texts, r.many = nil, false
		if said, err := a.send(t.Context(), &c, hostile); err != nil || !strings.Contains(said, "code 0") {
			t.Errorf("%s: %q %v", kind, said, err)
		}
		if len(r.texts) != 1 || !strings.Contains(r.texts[0], "1:05") || !strings.Contains(r.texts[0], "磁盘空间不足") || !strings.Contains(r.texts[0], "… +") && !strings.Contains(r.texts[0], "另有 81 条") {
			t.Errorf("%s: %q", kind, r.texts)
		}
		if kind != ChannelFeishu && strings.ContainsAny(strings.NewReplacer("<font color=", "", "</font>", "", `">`, "").Replace(r.texts[0]), "<[@#") && !strings.Contains(r.texts[0], `"#`) {
			t.Errorf("%s: markdown of a name: %q", kind, r.texts[0])
		}
		r.many = true
		if _, err := a.send(t.Context(), &c, hostile); err == nil || !strings.Contains(err.Error(), at.busy) || err.(*tellError).after < time.Minute {
			t.Errorf("%s: %v", kind, err)
		}
		c.Secret = "SECwrong"
		if _, err := a.send(t.Context(), &c, hostile); at.refused != "" && (err == nil || !strings.Contains(err.Error(), at.refused)) {
			t.Errorf("%s: %v", kind, err)
		}
		c.URL = srv.URL + at.wrong
		if _, err := a.send(t.Context(), &c, hostile); err == nil || strings.Contains(err.Error(), srv.URL) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// TestAWebhookOfAlarmsIsSigned also tries the test message.
func TestAWebhookOfAlarmsIsSigned(t *testing.T) {
	var bodies []alarmMessage
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var m alarmMessage
		var raw json.RawMessage
		if err := json.NewDecoder(req.Body).Decode(&raw); err != nil || json.Unmarshal(raw, &m) != nil {
			t.Error(err)
		}
		if req.Header.Get("X-Hotline-Signature") != Sign("a secret of some length", req.Header.Get("X-Hotline-Timestamp"), raw) || req.Header.Get("X-Hotline-Event") != m.Event {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		bodies = append(bodies, m)
	}))
	defer srv.Close()
	c := Channel{Name: "ops", Kind: ChannelWebhook, URL: srv.URL, Secret: "a secret of some length", Language: "en-US"}
	a := &Alerter{cfg: AlerterConfig{Zone: time.UTC, Channels: []Channel{c}}}
	if said, err := a.Test(t.Context(), "ops"); err != nil || said != "status 200" {
		t.Errorf("%q %v", said, err)
	}
	if _, err := a.Test(t.Context(), "nobody"); err == nil {
		t.Error("a channel that is not there")
	}
	if _, err := a.send(t.Context(), &c, &news{raised: []told{{Alarm: Alarm{Kind: "engine", Alarm: "storage", Severity: SeverityCrit, Detail: "from 13800138000"}, Times: 1}}}); err != nil {
		t.Error(err)
	}
	if len(bodies) != 2 || bodies[1].Raised[0].Detail != "from 138****8000" || bodies[1].Lines[0] != "CRITICAL The disk is nearly full (from 138****8000) · since 01-01 00:00" {
		t.Errorf("%+v", bodies)
	}
	a.cfg.Channels[0].Secret = "another secret"
	if _, err := a.Test(t.Context(), "ops"); err == nil || err.Error() != "status 403" {
		t.Error(err)
	}
}
