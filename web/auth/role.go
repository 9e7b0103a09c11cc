package auth

import "slices"

// Role is what a login is.
type Role string

// The roles (requirements R13).
const (
	Director    Role = "director"
	Lead        Role = "lead"
	TeamLead    Role = "team_lead"
	QA          Role = "qa"
	Coordinator Role = "coordinator"
	Agent       Role = "agent"
	Wallboard   Role = "wallboard"
)

// Roles are all roles, the mightiest first.
func Roles() []Role { return []Role{Director, Lead, TeamLead, QA, Coordinator, Agent, Wallboard} }

// Permission is one thing that a role may or may not do.
type Permission string

// The permissions.
const (
	SeeLive      Permission = "see_live"      // the wallboard: queues, agents, calls
	SeeNumbers   Permission = "see_numbers"   // customers' numbers and names unmasked
	SeeContacts  Permission = "see_contacts"  // contact records
	Listen       Permission = "listen"        // play and download recordings
	SeeReports   Permission = "see_reports"   // reports, to look at
	Export       Permission = "export"        // reports and contacts as files: what is copied out
	SendReports  Permission = "send_reports"  // reports that are sent by themselves, by mail or to a webhook
	SetOwnState  Permission = "set_own_state" // own agent's state
	SetAnyState  Permission = "set_any_state" // every agent's state
	SeeEvents    Permission = "see_events"    // the event stream
	SeeCentre    Permission = "see_centre"    // the centre in force
	SteerQueues  Permission = "steer_queues"  // move, pull, prioritise and withdraw waiting callers, take promises back
	TurnSwitches Permission = "turn_switches" // the centre's switches
	SeeTasks     Permission = "see_tasks"     // messages and promises to call back, and deal with them
	ManageLogins Permission = "manage_logins" // add and remove logins
	ControlAny   Permission = "control_any"   // act in every agent's calls
	Supervise    Permission = "supervise"     // listen to agents' calls and follow agents; QA no more than that, others speak too
	PostNotices  Permission = "post_notices"  // write on the board, and see who has read what
	SeeCustomers Permission = "see_customers" // customers' cards and history
	EditCentre   Permission = "edit_centre"   // the centre file: publish, roll back, import, prompts
	SeeAudit     Permission = "see_audit"     // what people did, and whether that record holds
	PlanPeople   Permission = "plan_people"   // how many are to be there, by queue and half hour
	EditBoards   Permission = "edit_boards"   // boards for screens and the screens' keys; a team lead those of its team

	EraseCustomers Permission = "erase_customers" // erase a customer: card, number and name, for ever
)

// May says whether the role has the permission. Unknown roles have none.
func (r Role) May(p Permission) bool { return slices.Contains(r.Permissions(), p) }

// Permissions are what the role may do.
func (r Role) Permissions() []Permission {
	switch r {
	case Director:
		return []Permission{SeeLive, SeeNumbers, SeeContacts, Listen, SeeReports, Export, SendReports, SetAnyState, SeeEvents, SeeCentre, SteerQueues, TurnSwitches, SeeTasks, ManageLogins, ControlAny, Supervise, PostNotices, SeeCustomers, EditCentre, SeeAudit, PlanPeople, EditBoards, EraseCustomers}
	case Lead:
		return []Permission{SeeLive, SeeNumbers, SeeContacts, Listen, SeeReports, Export, SendReports, SetAnyState, SeeEvents, SeeCentre, SteerQueues, TurnSwitches, SeeTasks, ControlAny, Supervise, PostNotices, SeeCustomers, EditCentre, PlanPeople, EditBoards, EraseCustomers}
	case TeamLead:
		return []Permission{SeeLive, SeeNumbers, SeeContacts, Listen, SeeReports, SetAnyState, SteerQueues, SeeTasks, ControlAny, Supervise, PostNotices, SeeCustomers, EditBoards}
	case QA:
		return []Permission{SeeLive, SeeContacts, Listen, SeeReports, Export, Supervise}
	case Coordinator:
		return []Permission{SeeLive, SeeNumbers, SeeContacts, SeeReports, Export, SendReports, SeeCentre, SeeTasks, PostNotices, SeeCustomers}
	case Agent:
		return []Permission{SeeLive, SetOwnState}
	case Wallboard:
		return []Permission{SeeLive}
	}
	return nil
}
