package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hotline/ivr"
)

// Bounds of what a web service may answer.
const (
	maxLookupBody  = 64 << 10
	maxLookupValue = 256 // bytes of one attribute
	maxRedirects   = 3
)

// Errors of a lookup.
var (
	errLookupBody     = errors.New("the answer is too long")
	errLookupRedirect = errors.New("redirected to where it may not go")
)

// lookups asks the web services that flows name.
type lookups struct{ client *http.Client }

func newLookups() *lookups {
	return &lookups{client: &http.Client{
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxConnsPerHost: 100, MaxIdleConnsPerHost: 20, IdleConnTimeout: 30 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: maxLookupBody, ForceAttemptHTTP2: true,
		},
		// A service may move within its scheme: from https to http it would show what it was asked to everybody.
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects || req.URL.Scheme != via[0].URL.Scheme {
				return errLookupRedirect
			}
			return nil
		},
	}}
}

// look implements call.Look. Errors never hold the URL: a caller's number may stand in it.
func (l *lookups) look(ctx context.Context, q ivr.Lookup) (map[string]string, error) {
	req, err := http.NewRequestWithContext(ctx, q.Method, q.URL, bytes.NewReader(q.Body))
	if err != nil {
		return nil, errors.New("the URL or the method is no good")
	}
	if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return nil, fmt.Errorf("%s is not http or https", strconv.Quote(req.URL.Scheme))
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Hotline/"+version)
	if len(q.Body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range q.Headers {
		req.Header.Set(name, value)
	}
	res, err := l.client.Do(req)
	if err != nil {
		return nil, plainError(err)
	}
	defer res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, fmt.Errorf("status %d", res.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxLookupBody+1))
	if err != nil {
		return nil, plainError(err)
	}
	if len(body) > maxLookupBody {
		return nil, errLookupBody
	}
	return saved(body, q.Save)
}

// plainError is the error without the URL that package http puts before it.
func plainError(err error) error {
	var at *url.Error
	for errors.As(err, &at) {
		err = at.Err
	}
	return err
}

// saved picks the fields out of a JSON answer. A field that is not there, or is no plain value, is not saved.
func saved(body []byte, save map[string]string) (map[string]string, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var root any
	if err := d.Decode(&root); err != nil {
		return nil, errors.New("the answer is not JSON")
	}
	attrs := make(map[string]string, len(save))
	for attr, path := range save {
		if text, ok := plainValue(field(root, path)); ok {
			attrs[attr] = text
		}
	}
	return attrs, nil
}

// field is what stands at a path such as "customer.cards.0.level"; nil if nothing does.
func field(v any, path string) any {
	for name := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(in) {
				return nil
			}
			v = in[i]
		default:
			return nil
		}
	}
	return v
}

// plainValue is a text, number or truth value as the text of an attribute: one line, of bounded length.
func plainValue(v any) (string, bool) {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case json.Number:
		s = v.String()
	case bool:
		s = strconv.FormatBool(v)
	default:
		return "", false
	}
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	for len(s) > maxLookupValue {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s, true
}

// close gives the idle connections back.
func (l *lookups) close() { l.client.CloseIdleConnections() }
