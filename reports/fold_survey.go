package reports

import "hotline"

// Stages of a survey.
const (
	SurveyInvited   = "invited"
	SurveyAccepted  = "accepted"
	SurveyAnswered  = "answered"
	SurveyCompleted = "completed"
)

// Bounds of the surveys in one record.
const (
	maxSurveys = 20
	maxRatings = 50
)

// Survey is one survey after a talk, as the contact's record shows it.
type Survey struct {
	Visit   hotline.VisitID `json:"visit,omitempty"`
	Queue   hotline.QueueID `json:"queue,omitempty"`
	Agent   hotline.AgentID `json:"agent,omitempty"`
	Invited Moment          `json:"invited"`
	Stage   string          `json:"stage"` // how far it came
	Ratings []Rating        `json:"ratings,omitempty"`

	seen map[string]bool // stages that were counted
}

// Rating is the answer to one question.
type Rating struct {
	Question string `json:"question,omitempty"`
	Score    int    `json:"score"`
}

// surveyStep is one step of one survey, counted in the interval of the invitation.
type surveyStep struct {
	at      int64 // of the invitation
	queue   hotline.QueueID
	contact hotline.ContactID
	visit   hotline.VisitID
	stage   string
	again   bool // a further rating of the same survey
	score   int
	noted   int64 // when it became known
}

func (f *Fold) surveyStepped(ev hotline.Event, fact hotline.SurveyStepped, rec *record, at int64) {
	if rec == nil {
		f.metrics.late.Inc()
		return
	}
	s := rec.survey(fact.Visit)
	if s == nil {
		if len(rec.surveys) >= maxSurveys {
			return
		}
		rec.surveys = append(rec.surveys, &Survey{
			Visit: fact.Visit, Queue: ev.Queue, Agent: ev.Agent, Invited: Moment(at), seen: map[string]bool{},
		})
		s = rec.surveys[len(rec.surveys)-1]
	}
	stage := stageOf(fact.Stage)
	again := s.seen[stage]
	rated := stage == SurveyAnswered && len(s.Ratings) < maxRatings
	if stage == "" || again && !rated {
		return
	}
	s.Stage, s.seen[stage] = stage, true
	if rated {
		s.Ratings = append(s.Ratings[:len(s.Ratings):len(s.Ratings)], Rating{fact.Question, fact.Score})
	}
	if rec.c.Test {
		return
	}
	step := surveyStep{
		at: int64(s.Invited), queue: s.Queue, contact: rec.c.ID, visit: s.Visit, stage: stage, again: again, score: fact.Score, noted: f.clock,
	}
	f.surveys.addSince(step.at, f.clock, step)
	if s.Agent != "" {
		f.agent(s.Agent).surveys.addSince(step.at, f.clock, step)
	}
	if !again {
		f.metrics.survey.inc(f.metrics.queue(s.Queue), stage)
	}
}

// stageOf is the stage if it is one, else empty.
func stageOf(stage string) string {
	switch stage {
	case SurveyInvited, SurveyAccepted, SurveyAnswered, SurveyCompleted:
		return stage
	}
	return ""
}

func (r *record) survey(id hotline.VisitID) *Survey {
	for _, s := range r.surveys {
		if s.Visit == id {
			return s
		}
	}
	return nil
}

// SurveyCounts is the surveys by how far they came, each counted once per stage, and the ratings given in them.
type SurveyCounts struct {
	Invited   int   `json:"invited"`
	Accepted  int   `json:"accepted"`
	Answered  int   `json:"answered"` // with at least one rating
	Completed int   `json:"completed"`
	Ratings   int   `json:"ratings"`
	ScoreSum  int64 `json:"score_sum"`
	Scores    []int `json:"scores,omitempty"`       // how often each score from 0 to 10 was given; absent: never any
	First     []int `json:"first_scores,omitempty"` // the same of each survey's first question alone

	Mean          *float64 `json:"avg_score"`
	Participation Level    `json:"participation"` // 参评率: answered ÷ invited
}

func (n *SurveyCounts) add(s surveyStep) {
	switch s.stage {
	case SurveyInvited:
		n.Invited++
	case SurveyAccepted:
		n.Accepted++
	case SurveyCompleted:
		n.Completed++
	case SurveyAnswered:
		n.Answered += count(!s.again)
		n.Ratings++
		n.ScoreSum += int64(s.score)
		if s.score >= 0 && s.score <= 10 {
			if n.Scores == nil {
				n.Scores = make([]int, 11)
			}
			n.Scores[s.score]++
			if n.First == nil {
				n.First = make([]int, 11)
			}
			n.First[s.score] += count(!s.again)
		}
	}
}

// finish makes the ratios.
func (n *SurveyCounts) finish() {
	n.Mean, n.Participation = ratio(n.ScoreSum, int64(n.Ratings)), level(n.Answered, n.Invited)
}
