package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Of the tries of a delivery.
const (
	firstWait = time.Second // doubled each time
	mostWait  = 5 * time.Minute
	giveUp    = 24 * time.Hour
	maxAnswer = 4 << 10 // bytes of an answer that are read, so that its connection can be used again
)

// result is what came of one try.
type result struct {
	d     *delivery
	err   error
	never bool          // refused: not to be tried again
	after time.Duration // the hook asked for that much time; 0: it did not
}

func client(h Hook, via http.RoundTripper) *http.Client {
	if via == nil {
		via = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxConnsPerHost: parallel, MaxIdleConnsPerHost: parallel, IdleConnTimeout: 30 * time.Second,
			TLSHandshakeTimeout: h.Timeout, MaxResponseHeaderBytes: 64 << 10, ForceAttemptHTTP2: true,
		}
	}
	return &http.Client{Transport: via, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // what is signed for one is not shown to another
	}}
}

// Sign is the value of X-Hotline-Signature: of the timestamp, a point and the body.
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// post makes one try.
func (r *runner) post(ctx context.Context, d *delivery) result {
	ctx, cancel := context.WithTimeout(ctx, r.hook.Timeout)
	defer cancel()
	return r.try(ctx, d)
}

// try is post without a time of its own.
func (r *runner) try(ctx context.Context, d *delivery) result {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.hook.URL, bytes.NewReader(d.body))
	if err != nil {
		return result{d: d, err: errors.New("the URL is no good")}
	}
	now := strconv.FormatInt(time.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", r.cfg.Agent)
	req.Header.Set("X-Hotline-Event", d.event)
	req.Header.Set("X-Hotline-Delivery", d.id)
	req.Header.Set("X-Hotline-Timestamp", now)
	req.Header.Set("X-Hotline-Signature", Sign(r.hook.Secret, now, d.body))
	res, err := r.client.Do(req)
	if err != nil {
		return result{d: d, err: plain(err)}
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer) // what it says is of no interest
	out := result{d: d}
	switch code := res.StatusCode; {
	case code >= 200 && code <= 299:
		return out
	case code == http.StatusRequestTimeout || code == http.StatusTooManyRequests:
	case code >= 400 && code <= 499:
		out.never = true
	}
	out.err = errors.New("status " + strconv.Itoa(res.StatusCode))
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		out.after = min(time.Duration(min(s, 3600))*time.Second, mostWait)
	}
	return out
}

// plain is the error without the URL that package http puts before it, which may hold a secret.
func plain(err error) error {
	var at *url.Error
	for errors.As(err, &at) {
		err = at.Err
	}
	return err
}

// wait is the time until the next try: doubled each time, and up to a quarter more or less by a hash, so that what failed together
// does not come back together.
func (d *delivery) wait() time.Duration {
	w := mostWait
	if d.tries < 10 {
		w = min(mostWait, firstWait<<(d.tries-1))
	}
	h := fnv.New32a()
	h.Write([]byte(d.id))
	h.Write(binary.LittleEndian.AppendUint32(nil, uint32(d.tries)))
	return w*3/4 + w/2*time.Duration(h.Sum32()%1024)/1024
}
