package call

import "time"

// WrapSteps lets a test stand between a hub and its machines. Call it before the first signal.
func (h *Hub) WrapSteps(wrap func(step func(time.Time, Input) Output) func(time.Time, Input) Output) {
	h.wrap = wrap
}
