package reports

// metricsStill is what the counters and histograms hold, for a snapshot: with it the counts go on although the log before
// it is not read again. What is made when scraped is not in it, nor is the agents' time, which begins with each run.
type metricsStill struct {
	Counters   []counterStill   `json:"counters"`
	Histograms []histogramStill `json:"histograms"`
}

// counterStill is one series of a counter.
type counterStill struct {
	Name   string   `json:"name"`
	Labels []string `json:"labels,omitempty"` // values, in the order of the family's names
	Value  float64  `json:"value"`
}

// histogramStill is one series of a histogram.
type histogramStill struct {
	Name    string         `json:"name"`
	Labels  []string       `json:"labels,omitempty"`
	Count   uint64         `json:"count"`
	Sum     float64        `json:"sum"`
	Zero    uint64         `json:"zero,omitempty"`
	Classic []uint64       `json:"classic"`
	Native  map[int]uint64 `json:"native,omitempty"` // by place, those that hold something
}

// still is a copy of the counts. The caller holds the fold's lock, so that they are those of its last event.
func (m *metrics) still() metricsStill {
	var s metricsStill
	for _, c := range m.vecs {
		switch v := c.(type) {
		case *counterVec:
			for key, n := range v.values() {
				s.Counters = append(s.Counters, counterStill{v.name, append([]string(nil), key[:len(v.labels)]...), n})
			}
		case *histogramVec:
			v.mu.Lock()
			for key, h := range v.series {
				one := h.still()
				one.Name, one.Labels = v.name, append([]string(nil), key[:len(v.labels)]...)
				s.Histograms = append(s.Histograms, one)
			}
			v.mu.Unlock()
		}
	}
	return s
}

// restore puts the counts back, in place of what there is. A family that is no more, or has other labels or edges now, is
// left out: it begins anew. The caller holds the fold's lock.
func (m *metrics) restore(s metricsStill) {
	counters, histograms := map[string]*counterVec{}, map[string]*histogramVec{}
	for _, c := range m.vecs {
		switch v := c.(type) {
		case *counterVec:
			counters[v.name] = v
		case *histogramVec:
			histograms[v.name] = v
		}
	}
	for _, one := range s.Counters {
		if v := counters[one.Name]; v != nil && len(one.Labels) == len(v.labels) {
			v.put(one.Value, one.Labels)
		}
	}
	for _, one := range s.Histograms {
		if v := histograms[one.Name]; v != nil && len(one.Labels) == len(v.labels) && len(one.Classic) == len(v.edges)+1 {
			v.of(one.Labels...).restore(one)
		}
	}
}

func (v *counterVec) put(n float64, labels []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.series[keyOf(labels)] = &n
}

func (h *histogram) still() histogramStill {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := histogramStill{Count: h.count, Sum: h.sum, Zero: h.zero, Classic: append([]uint64(nil), h.classic...), Native: map[int]uint64{}}
	for i, n := range h.native {
		if n > 0 {
			s.Native[i] = n
		}
	}
	return s
}

func (h *histogram) restore(s histogramStill) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count, h.sum, h.zero, h.native = s.Count, s.Sum, s.Zero, [nativeCount]uint64{}
	copy(h.classic, s.Classic)
	for i, n := range s.Native {
		if i >= 0 && i < nativeCount {
			h.native[i] = n
		}
	}
}
