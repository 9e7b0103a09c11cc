package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"text/tabwriter"
	"time"

	"hotline/reports/staffing"
)

// staffingCmd is `hotline staffing`.
type staffingCmd struct {
	Calls     float64       `required:"" help:"Calls that come in the interval."`
	Interval  time.Duration `default:"30m" help:"The interval."`
	AHT       time.Duration `required:"" name:"aht" help:"Mean handling time: talk, hold and after-call work."`
	Patience  time.Duration `help:"Mean time that a caller is ready to wait (Erlang A); 0: for ever (Erlang C)."`
	Within    time.Duration `default:"20s" help:"Target: answered within this …"`
	Ratio     float64       `default:"0.8" help:"… this share, 0 to 1."`
	Occupancy float64       `help:"Agents are to be busy no more than this share; 0: no bound."`
	Shrinkage float64       `help:"Share of paid time in which people are not on the phones."`
	Agents    int           `help:"Instead of finding the number: what so many agents give."`
	Lines     int           `help:"Instead: what so many lines lose (Erlang B)."`
}

// Run prints the plan, or the state that a number of agents or lines gives.
func (s *staffingCmd) Run(out io.Writer) error {
	load := staffing.Load{Calls: s.Calls, Interval: s.Interval, AHT: s.AHT, Patience: s.Patience}
	plan, err := staffing.Staff(load, staffing.Target{Within: s.Within, Ratio: s.Ratio, MaxOccupancy: s.Occupancy, Shrinkage: s.Shrinkage})
	if err != nil {
		return err
	}
	model := "Erlang C: callers wait for ever"
	if s.Patience > 0 {
		model = "Erlang A: callers give up after " + s.Patience.String() + " on average"
	}
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "Load\t%.2f Erlang\t%s\n", load.Erlangs(), model)
	switch {
	case s.Lines > 0:
		fmt.Fprintf(tw, "Lines\t%d\tErlang B: %s of the calls find all busy\n", s.Lines, share(staffing.B(s.Lines, load.Erlangs())))
	case s.Agents > 0:
		state(tw, s.Agents, staffing.At(load, s.Agents, s.Within), s.Within)
	default:
		state(tw, plan.Agents, plan.Result, s.Within)
		fmt.Fprintf(tw, "To roster\t%d\twith %s shrinkage\n", plan.Scheduled, share(s.Shrinkage))
		fmt.Fprintf(tw, "One less\t%s\tanswered within %s\n", share(plan.OneLess.SL), s.Within)
	}
	return tw.Flush()
}

func state(w io.Writer, n int, r staffing.Result, within time.Duration) {
	fmt.Fprintf(w, "Agents\t%d\t\n", n)
	fmt.Fprintf(w, "Within %s\t%s\tof the offered (V1)\n", within, share(r.SL))
	fmt.Fprintf(w, "Speed of answer\t%s\tmean\n", seconds(r.ASA))
	fmt.Fprintf(w, "Waiting\t%s\tof the calls\n", share(r.Waits))
	fmt.Fprintf(w, "Abandoned\t%s\t\n", share(r.Abandoned))
	fmt.Fprintf(w, "Occupancy\t%s\t\n", share(r.Occupancy))
}

// share shows a ratio, cut.
func share(v float64) string { return figure("ratio", &v) }

func seconds(v float64) string {
	if math.IsInf(v, 1) {
		return "grows for ever"
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " s"
}
