package reports

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// maxLabels is how many labels a family of ours has at most.
const maxLabels = 3

// labelValues are a series' label values in the order of the family's names.
type labelValues [maxLabels]string

func keyOf(values []string) (key labelValues) {
	copy(key[:], values)
	return key
}

// family is what the series of one name have in common.
type family struct {
	name   string
	labels []string
	desc   *prometheus.Desc
}

func newFamily(name, help string, labels []string) family {
	return family{name, labels, prometheus.NewDesc("hotline_"+name, help, labels, nil)}
}

// Describe implements prometheus.Collector.
func (f *family) Describe(ch chan<- *prometheus.Desc) { ch <- f.desc }

// pairs are the series' labels as the protocol wants them.
func (f *family) pairs(key labelValues) []*dto.LabelPair {
	return prometheus.MakeLabelPairs(f.desc, key[:len(f.labels)])
}

// counterVec is a family of counters. Unlike the library's it can be put back as it was (metricsstill.go), and it does not
// say when it began: its counts are older than the process.
type counterVec struct {
	family
	mu     sync.Mutex
	series map[labelValues]*float64
}

func newCounterVec(name, help string, labels ...string) *counterVec {
	return &counterVec{family: newFamily(name, help, labels), series: map[labelValues]*float64{}}
}

// add counts; 0 begins the series.
func (v *counterVec) add(n float64, labels ...string) {
	key := keyOf(labels)
	v.mu.Lock()
	defer v.mu.Unlock()
	at := v.series[key]
	if at == nil {
		at = new(float64)
		v.series[key] = at
	}
	*at += n
}

// soleCounter is a counter without labels.
type soleCounter struct{ *counterVec }

// Inc counts one.
func (c soleCounter) Inc() { c.add(1) }

func (v *counterVec) inc(labels ...string) { v.add(1, labels...) }

// Collect implements prometheus.Collector.
func (v *counterVec) Collect(ch chan<- prometheus.Metric) {
	for key, n := range v.values() {
		ch <- prometheus.MustNewConstMetric(v.desc, prometheus.CounterValue, n, key[:len(v.labels)]...)
	}
}

// values is a copy of the counts: a scrape that is read slowly holds nobody up.
func (v *counterVec) values() map[labelValues]float64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	out := make(map[labelValues]float64, len(v.series))
	for key, n := range v.series {
		out[key] = *n
	}
	return out
}
