package reports

import (
	"math"
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// The native buckets: eight to each doubling (schema 3 of Prometheus), so that an edge is 9 % above the one below.
const (
	nativeSchema = 3
	nativeFrac   = 1 << nativeSchema
	nativeLow    = -79              // the bucket of 0.001, the least time that is told from none
	nativeHigh   = 160              // the bucket of 2^20: twelve days
	nativeZero   = 1.0 / (1 << 10)  // what is not above it is in the zero bucket
	nativeMost   = float64(1 << 20) // more than that is in the last bucket
	nativeCount  = nativeHigh - nativeLow + 1
	nativeGap    = 2 // empty buckets that are sent rather than a new span
)

// histogram is one series: classic buckets at edges that queries rely on, and native ones. It counts exactly, and unlike
// the library's it can be put back as it was (metricsstill.go).
type histogram struct {
	edges []float64
	lines []float64 // of the native buckets within a doubling: 2^(i/8)/2

	mu      sync.Mutex
	count   uint64
	sum     float64
	zero    uint64
	classic []uint64 // the last one: above all edges
	native  [nativeCount]uint64
}

// nativeLines are the upper edges of the buckets between 0.5 and 1, the lowest first.
func nativeLines() []float64 {
	lines := make([]float64, nativeFrac)
	for i := range lines {
		lines[i] = math.Exp2(float64(i)/nativeFrac - 1)
	}
	return lines
}

func (h *histogram) observe(v float64) {
	at, _ := slices.BinarySearch(h.edges, v) // the first edge not below v
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count++
	h.sum += v
	h.classic[at]++
	if v <= nativeZero {
		h.zero++
		return
	}
	h.native[h.bucket(v)]++
}

// bucket is the native bucket of v > nativeZero, from 0.
func (h *histogram) bucket(v float64) int {
	frac, exp := math.Frexp(min(v, nativeMost))
	at, _ := slices.BinarySearch(h.lines, frac)
	return min(max(at+(exp-1)*nativeFrac, nativeLow), nativeHigh) - nativeLow
}

// fill writes the series into a message of Prometheus.
func (h *histogram) fill(out *dto.Histogram) {
	h.mu.Lock()
	defer h.mu.Unlock()
	count, sum, zero, schema, threshold := h.count, h.sum, h.zero, int32(nativeSchema), nativeZero
	out.SampleCount, out.SampleSum = &count, &sum
	out.Schema, out.ZeroThreshold, out.ZeroCount = &schema, &threshold, &zero
	below, buckets, values := uint64(0), make([]dto.Bucket, len(h.edges)), make([]uint64, len(h.edges))
	for i := range h.edges {
		below += h.classic[i]
		values[i] = below
		buckets[i].UpperBound, buckets[i].CumulativeCount = &h.edges[i], &values[i]
		out.Bucket = append(out.Bucket, &buckets[i])
	}
	h.fillNative(out)
}

// fillNative writes the buckets that hold something as spans and differences, as the protocol has them.
func (h *histogram) fillNative(out *dto.Histogram) {
	var span *dto.BucketSpan
	next, was := 0, int64(0) // the place after the last one written, and what stood there
	put := func(n uint64) {
		out.PositiveDelta = append(out.PositiveDelta, int64(n)-was)
		was = int64(n)
		*span.Length++
		next++
	}
	for i, n := range h.native {
		if n == 0 {
			continue
		}
		if span == nil || i-next > nativeGap {
			offset, length := int32(i-next), uint32(0)
			if span == nil {
				offset = int32(i + nativeLow)
			}
			span = &dto.BucketSpan{Offset: &offset, Length: &length}
			out.PositiveSpan = append(out.PositiveSpan, span)
			next = i
		}
		for next < i {
			put(0)
		}
		put(n)
	}
	if span == nil && h.zero == 0 { // without a span it would not be taken for a native one
		none, empty := int32(0), uint32(0)
		out.PositiveSpan = []*dto.BucketSpan{{Offset: &none, Length: &empty}}
	}
}

// histogramVec is a family of histograms by at most two labels.
type histogramVec struct {
	family
	edges, lines []float64

	mu     sync.Mutex
	series map[labelValues]*histogram
}

func newHistogramVec(name, help string, edges []float64, labels ...string) *histogramVec {
	return &histogramVec{family: newFamily(name, help, labels), edges: edges, lines: nativeLines(), series: map[labelValues]*histogram{}}
}

// of is the series, which is begun if there is none.
func (v *histogramVec) of(labels ...string) *histogram {
	key := keyOf(labels)
	v.mu.Lock()
	defer v.mu.Unlock()
	h := v.series[key]
	if h == nil {
		h = &histogram{edges: v.edges, lines: v.lines, classic: make([]uint64, len(v.edges)+1)}
		v.series[key] = h
	}
	return h
}

// Collect implements prometheus.Collector.
func (v *histogramVec) Collect(ch chan<- prometheus.Metric) {
	v.mu.Lock()
	all := make([]histogramMetric, 0, len(v.series))
	for key, h := range v.series {
		all = append(all, histogramMetric{h, v.desc, v.pairs(key)})
	}
	v.mu.Unlock()
	for _, m := range all {
		ch <- m
	}
}

// histogramMetric is one series on its way to a scrape.
type histogramMetric struct {
	h      *histogram
	desc   *prometheus.Desc
	labels []*dto.LabelPair
}

// Desc implements prometheus.Metric.
func (m histogramMetric) Desc() *prometheus.Desc { return m.desc }

// Write implements prometheus.Metric.
func (m histogramMetric) Write(out *dto.Metric) error {
	out.Label, out.Histogram = m.labels, new(dto.Histogram)
	m.h.fill(out.Histogram)
	return nil
}
