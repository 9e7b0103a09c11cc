package web

import (
	"net/http"
	"strings"
	"testing"

	"hotline/reports"
	"hotline/web/auth"
)

// TestAbandonedAsAFile: a file has every abandoned contact, however many a page shows.
func TestAbandonedAsAFile(t *testing.T) {
	at := moment(t, testNow)
	b := newBench(t, playDay(1, at.Add(-8*3600e9), at, at))
	lead := b.as(t, auth.Lead)
	const span = "/api/v1/reports/abandoned?from=2026-11-22T00:00:00Z"
	all := 0
	for cursor := ""; ; {
		p := read[reports.GaveUps](t, b.get(t, lead, span+"&limit=40&cursor="+cursor), http.StatusOK)
		all += len(p.Items)
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if all <= 50 {
		t.Fatalf("only %d abandoned in the played day", all)
	}
	if n := strings.Count(b.get(t, lead, span+"&format=csv").body, "\r\n"); n != all+1 {
		t.Errorf("%d lines in the file, %d abandoned and a head", n, all)
	}
	if n := strings.Count(b.get(t, lead, span+"&format=csv&limit=7").body, "\r\n"); n != 8 {
		t.Errorf("%d lines where seven were asked for", n)
	}
}
