package reports

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline"
)

// Config is what a Fold needs.
type Config struct {
	Centre Centre
	// Now is the clock of queries that run to "now"; nil: time.Now.
	Now func() time.Time
	// ExpectedWait estimates the wait of who would come to the queue now; nil or false: unknown. It must not block.
	ExpectedWait func(hotline.QueueID) (time.Duration, bool)
	// Version and Commit go into build_info.
	Version, Commit string
	Logger          *slog.Logger // nil: none
}

// Fold owns every figure.
type Fold struct{}

// New makes an empty fold.
func New(cfg Config) *Fold { return &Fold{} }

func (f *Fold) SetCentre(c Centre)                           {}
func (f *Fold) Apply(ev hotline.Event)                       {}
func (f *Fold) Run(ctx context.Context, l hotline.Log) error { <-ctx.Done(); return ctx.Err() }
func (f *Fold) Seq() uint64                                  { return 0 }

// View returns the live state at now.
func (f *Fold) View(now time.Time) *View { return &View{} }

// Watch waits for a View newer than the version given (0: the present one at once).
func (f *Fold) Watch(ctx context.Context, version uint64) (*View, error) { return &View{}, nil }

func (f *Fold) Queues(q QueueQuery) (*QueueReport, error) { return &QueueReport{}, nil }
func (f *Fold) Agents(q AgentQuery) (*AgentReport, error) { return &AgentReport{}, nil }

// Agent is the agent now and its figures of today.
func (f *Fold) Agent(id hotline.AgentID, now time.Time) (AgentView, AgentRow, bool) {
	return AgentView{}, AgentRow{}, false
}
func (f *Fold) KPI(year int, month time.Month) *KPIReport    { return &KPIReport{} }
func (f *Fold) Contacts(s Search) (Page, error)              { return Page{}, nil }
func (f *Fold) Contact(id hotline.ContactID) (Contact, bool) { return Contact{}, false }
func (f *Fold) Metrics() prometheus.Collector                { return nil }
