// Package reports folds the event log into everything that is counted: the live board, interval reports, contact
// records, agents' figures, the KPI sheet and the Prometheus metrics. All of them rest on the same raw visits, segments
// and state spans, and on one rule of how a visit ends (verdict), so that every figure agrees with every other and can
// be traced to its contacts. Rates are computed when asked, never stored: a definition changed today (target, short
// abandon) holds for last year as well.
//
// It owns nothing outside the process, decides nothing about calls, and reads no log but the one it is handed. One
// goroutine applies events (Run, or the caller of Apply); any goroutine may query. What a query returns is a copy or
// never changes again. Numbers and names of customers are returned in clear: who may see them is the caller's business
// (see Redact).
//
// Conventions: times are Moment (Unix milliseconds, RFC 3339 in JSON), durations are int64 milliseconds in fields ending
// _ms, ratios are 0–1 and nil (null) when the denominator is 0.
package reports
