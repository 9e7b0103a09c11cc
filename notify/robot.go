package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// tellError says why a channel took no message.
type tellError struct {
	text  string
	after time.Duration // it asked for that much time
}

func (e *tellError) Error() string { return e.text }

// robotSign is the signature that DingTalk's and Feishu's robots ask for: HMAC-SHA256 of text under key, in base64.
func robotSign(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// request is a message in the form that the channel's robot wants.
func (c *Channel) request(ctx context.Context, l letterText, now time.Time) (*http.Request, error) {
	at, body := c.URL, any(nil)
	switch c.Kind {
	case ChannelDingTalk: // open.dingtalk.com, custom robots: signed over the time in ms, by query
		if c.Secret != "" {
			ms := strconv.FormatInt(now.UnixMilli(), 10)
			u, err := url.Parse(at)
			if err != nil {
				return nil, errors.New("the URL is no good")
			}
			q := u.Query()
			q.Set("timestamp", ms)
			q.Set("sign", robotSign(c.Secret, ms+"\n"+c.Secret))
			u.RawQuery = q.Encode()
			at = u.String()
		}
		body = map[string]any{"msgtype": "markdown", "markdown": map[string]string{"title": l.title, "text": l.markdown("\n\n", dingColours, 18_000)}}
	case ChannelWeCom: // developer.work.weixin.qq.com path 91770: the key in the URL is all there is; at most 4096 bytes
		body = map[string]any{"msgtype": "markdown", "markdown": map[string]string{"content": l.markdown("\n", wecomColours, 4000)}}
	case ChannelFeishu: // open.feishu.cn, custom bots: signed over the time in s, which is part of the key; at most 20 KB
		lang := "zh_cn"
		if c.Language == "en-US" {
			lang = "en_us"
		}
		m := map[string]any{"msg_type": "post", "content": map[string]any{"post": map[string]any{lang: l.post(16_000)}}}
		if c.Secret != "" {
			s := strconv.FormatInt(now.Unix(), 10)
			m["timestamp"], m["sign"] = s, robotSign(s+"\n"+c.Secret, "")
		}
		body = m
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at, bytes.NewReader(data))
	if err != nil {
		return nil, errors.New("the URL is no good")
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	return req, nil
}

func dingColours(severity string) string {
	return map[string]string{SeverityCrit: "#D93026", SeverityWarn: "#B06000", "": "#188038"}[severity]
}

func wecomColours(severity string) string { // it knows these three alone
	return map[string]string{SeverityCrit: "warning", SeverityWarn: "comment", "": "info"}[severity]
}

// markdown is the message for the robots that show it, in at most so many bytes.
func (l letterText) markdown(end string, colour func(string) string, most int) string {
	var b strings.Builder
	b.WriteString("**" + unmarked(l.title) + "**")
	for i, line := range l.lines {
		text := end + unmarked(line.text)
		if line.mark != "" {
			text = fmt.Sprintf("%s<font color=\"%s\">%s</font> %s", end, colour(line.severity), unmarked(line.mark), unmarked(line.text))
		}
		if b.Len()+len(text) > most-32 {
			fmt.Fprintf(&b, "%s… +%d", end, len(l.lines)-i)
			break
		}
		b.WriteString(text)
	}
	return b.String()
}

// unmarked is a text in which nothing is markdown, a tag, a link or a mention: names and details are anybody's.
func unmarked(s string) string {
	return strings.NewReplacer("<", "＜", ">", "＞", "[", "［", "]", "］", "(", "（", ")", "）", "*", "＊", "`", "'", "@", "＠", "#", "＃", "_", "＿", "~", "～", "\\", "＼", "|", "｜", "!", "！").Replace(s)
}

// post is the message as Feishu's rich text, whose texts are texts.
func (l letterText) post(most int) map[string]any {
	type tag map[string]any
	content, size := [][]tag{}, 0
	for i, line := range l.lines {
		text := line.text
		if line.mark != "" {
			text = "[" + line.mark + "] " + text
		}
		if size += 2*len(text) + 64; size > most {
			content = append(content, []tag{{"tag": "text", "text": fmt.Sprintf("… +%d", len(l.lines)-i)}})
			break
		}
		content = append(content, []tag{{"tag": "text", "text": text}})
	}
	return map[string]any{"title": l.title, "content": content}
}

// robotAnswer is what robots say: DingTalk and WeCom errcode and errmsg, Feishu code and msg. All answer 200 whatever it is.
type robotAnswer struct {
	ErrCode *int   `json:"errcode"`
	ErrMsg  string `json:"errmsg"`
	Code    *int   `json:"code"`
	Msg     string `json:"msg"`
}

// tell sends the request and reads the answer.
func tell(client *http.Client, req *http.Request, robot bool) (string, error) {
	res, err := client.Do(req)
	if err != nil {
		return "", &tellError{text: shown(plain(err))}
	}
	defer res.Body.Close()
	data, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	said := "status " + strconv.Itoa(res.StatusCode)
	if res.StatusCode < 200 || res.StatusCode > 299 {
		e := &tellError{text: said}
		if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
			e.after = time.Duration(min(s, 3600)) * time.Second
		}
		return "", e
	}
	if !robot {
		return said, nil
	}
	var a robotAnswer
	if err := json.Unmarshal(data, &a); err != nil || a.ErrCode == nil && a.Code == nil {
		return "", &tellError{text: said + ", and the answer is not a robot's"}
	}
	code, text := a.Code, a.Msg
	if a.ErrCode != nil {
		code, text = a.ErrCode, a.ErrMsg
	}
	said = headerText(fmt.Sprintf("code %d: %s", *code, text), 200)
	switch *code {
	case 0:
		return said, nil
	case 130101, 410100, 45009, 11232: // too many: DingTalk is deaf for ten minutes then, WeCom and Feishu for one
		wait := time.Minute
		if *code == 130101 || *code == 410100 {
			wait = 10 * time.Minute
		}
		return "", &tellError{text: said, after: wait}
	}
	return "", &tellError{text: said}
}
