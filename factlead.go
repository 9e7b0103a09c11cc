package hotline

import "time"

// What a shift lead does beside the queues.
type (
	// AlarmAcknowledged says that By has seen the alarm and looks after it. Key is that of the alarm in the live view: it names
	// one occurrence, so that the same condition, come again, is a new alarm.
	AlarmAcknowledged struct {
		Key string `json:"key"`
		By  string `json:"by"`
	}
	// Lent says that the event's agent has these skills beside those of the centre file, until that time: level 1–9, or 0 for a
	// skill of the file that it has not. It takes the place of what was lent before. Without skills and Until it is over.
	Lent struct {
		Skills map[string]int `json:"skills,omitempty"`
		Until  time.Time      `json:"until,omitzero"`
		By     string         `json:"by,omitempty"` // the login; empty: its time was over
	}
)

func (AlarmAcknowledged) Kind() string { return "alarm_acknowledged" }
func (Lent) Kind() string              { return "lent" }

// leadDecoder is the part of factDecoder about what leads do.
func leadDecoder(kind string) (func([]byte) (Fact, error), bool) {
	switch kind {
	case "alarm_acknowledged":
		return decodeAs[AlarmAcknowledged], true
	case "lent":
		return decodeAs[Lent], true
	}
	return lineDecoder(kind)
}
