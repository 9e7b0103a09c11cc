package call_test

import (
	"strings"
	"time"

	"hotline"
	"hotline/call"
	"hotline/centre"
	"hotline/ivr"
)

// morePlan is the centre of the scenarios of messages, surveys, outside numbers and callbacks. consent is its rule.
func morePlan(consent string) *ivr.Plan {
	answer, hangup := centre.Step{Kind: centre.StepAnswer}, centre.Step{Kind: centre.StepHangup}
	message := centre.Step{Kind: centre.StepVoicemail, Voicemail: &centre.Voicemail{
		Max: time.Minute, Min: 2 * time.Second, Owner: "claims-team", Due: 24 * time.Hour,
	}}
	number := centre.Step{Kind: centre.StepNumber, To: "+86 (138) 0000-1111", Timeout: 20 * time.Second, Trunk: "carrier"}
	queue := func(id hotline.QueueID) centre.Step { return centre.Step{Kind: centre.StepQueue, Queue: id} }
	play := func(prompt string) centre.Step { return centre.Step{Kind: centre.StepPlay, Prompt: prompt} }
	rate := func(question string) centre.Step {
		return centre.Step{Kind: centre.StepRate, Rate: &centre.Rate{
			Question: question, Prompt: "rate-" + question, Keys: map[string]int{"1": 5, "2": 3, "3": 1}, Tries: 1, Timeout: 5 * time.Second,
		}}
	}
	c := &centre.Centre{
		Language: "zh-CN", Emergency: []string{"110"}, Consent: centre.Consent{Rule: consent},
		Agents: []centre.Agent{{ID: "8001", Name: "王芳"}},
		Queues: []centre.Queue{
			{
				ID: "claims", Survey: &centre.Survey{Flow: "survey", Sample: 1},
				Choice: &centre.Menu{
					Prompt: "wait-choice", Tries: 1, Timeout: 5 * time.Second, Every: 30 * time.Second,
					Keys: map[string][]centre.Step{"2": {message, hangup}, "4": {number, hangup}},
				},
				Callback: centre.Callback{Trunk: "carrier", From: "95500", Ring: 30 * time.Second},
			},
			{ID: "asked", Callback: centre.Callback{Confirm: "callback-confirm"}},
			{ID: "quiet", Record: "never"},
		},
		Flows: map[string]centre.Flow{},
		Numbers: map[string]string{
			"1": "message", "2": "number", "3": "look", "4": "english", "5": "wait", "6": "quiet message", "110": "wait",
		},
	}
	for id, steps := range map[string][]centre.Step{
		"message":       {answer, message, hangup},
		"quiet message": {answer, message, queue("quiet")},
		"number":        {answer, number, play("all-busy"), hangup},
		"look": {answer, {
			Kind: centre.StepLookup, Else: []centre.Step{play("welcome")},
			Lookup: &centre.Lookup{URL: "https://crm.example/{caller}", Save: map[string]string{"level": "customer.level"}},
		}, queue("claims")},
		"english": {answer, {Kind: centre.StepLanguage, Language: "en-US"}, play("welcome"), queue("claims")},
		"wait":    {answer, queue("claims")},
		"survey":  {rate("help"), rate("speed"), play("goodbye")},
	} {
		c.Flows[id] = centre.Flow{ID: id, Steps: steps}
	}
	return ivr.NewPlan(c)
}

// more takes the verbs of those scenarios.
func (p *player) more(verb string, arg func(int) string) bool {
	switch verb {
	case "centre": // centre [announce|ask]: the centre of morePlan, with that rule of consent
		p.m = call.NewMachine(morePlan(arg(0)), call.Limits{})
	case "due": // due QUEUE NUMBER: a promise is to be kept
		ev := hotline.Event{Shard: "s1", Contact: "older", Call: "C", Queue: hotline.QueueID(arg(0)), Agent: "8001", At: p.now}
		ev.Fact = hotline.CallbackDue{Callback: "C.cb", Number: arg(1), Try: 1, Until: p.now.Add(50 * time.Second)}
		p.step(call.Told{Event: ev})
	case "tried": // tried CAUSE: the shard has given the try up
		p.step(call.Told{Event: hotline.Event{Shard: "s1", Contact: "older", Call: "C", Agent: "8001", At: p.now, Fact: hotline.CallbackTried{
			Callback: "C.cb", Try: 1, Cause: hotline.Cause(arg(0)),
		}}})
	case "looked": // looked ATTR=VALUE|error [older]
		n := p.look
		if arg(1) == "older" {
			n--
		}
		in := call.Looked{Number: n}
		if name, value, ok := strings.Cut(arg(0), "="); ok {
			in.Attrs = map[string]string{name: value}
		} else {
			in.Err = "status 500"
		}
		p.step(in)
	default:
		return p.transferVerb(verb, arg)
	}
	return true
}
