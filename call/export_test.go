package call

import (
	"time"

	"hotline"
)

// WrapSteps lets a test stand between a hub and its machines. Call it before the first signal.
func (h *Hub) WrapSteps(wrap func(step func(time.Time, Input) Output) func(time.Time, Input) Output) {
	h.wrap = wrap
}

// Drawn is the lot of a survey.
func Drawn(c hotline.ContactID, sample float64) bool { return drawn(c, sample) }
