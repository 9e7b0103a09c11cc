package web

import (
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"hotline"
	"hotline/centre"
	"hotline/reports"
	"hotline/web/auth"
	"hotline/web/boards"
)

// Recordings finds the audio of contacts; package recorder is one through cmd.
type Recordings interface {
	// Open opens the audio of a file named in a record.
	Open(file string) (io.ReadSeekCloser, error)
	// Sidecar is the JSON beside it: spans and hash. A recording that still runs has none.
	Sidecar(file string) ([]byte, error)
}

// Config is what the pages need. All fields must be set but where said.
type Config struct {
	Version    string
	Fold       *reports.Fold
	Log        hotline.Log
	Submit     func(context.Context, hotline.Request) error
	Recordings Recordings
	Centre     func() *centre.Centre
	Auth       *auth.Auth
	Calls      Calls            // nil: nothing can be asked of a call
	Explainer  Explainer        // nil: only the record is told
	Ready      func() error     // nil error: new calls are taken
	Trunks     func() []Trunk   // nil: there are none
	Phones     Phones           // nil: the pages have no phones of their own
	Realm      string           // of their digest, and the domain of their addresses
	Cards      Cards            // customers' cards; nil: none are kept
	Forget     func() error     // makes anew what is kept of the figures beside the log; nil: nothing is
	Rosters    Rosters          // who is planned; nil: none are kept
	Secure     bool             // served over TLS: cookies say so
	SSO        SSO              // nil: nobody logs in by an identity provider
	SSOName    string           // what the page calls it
	Outward    func() []Outward // nil: nobody else is told
	Logger     *slog.Logger
	Now        func() time.Time // nil: time.Now

	Boards   boards.Bucket   // boards that leads built
	Kiosks   *auth.Kiosks    // keys of screens
	Forecast boards.Forecast // nil: boards show no forecast

	Supervisors Supervisors // nil: nobody can supervise
	Ledger      Ledger      // nil: what people did stands in the log only

	Kept        Kept                                               // reports with a name, and when they are sent; nil: none are kept
	Mailer      Mailer                                             // nil: no mail can be sent
	MailDomains []string                                           // where reports may be mailed to, lower case; empty: everywhere
	Posts       Posts                                              // nil: there are no webhooks for reports
	Background  func(name string, run func(context.Context) error) // runs beside the handler; nil: nothing is sent by itself

	CentreFile CentreFile               // nil: the centre cannot be edited
	Prompts    Prompts                  // nil: they cannot be listed
	Registered func() []RegisteredPhone // nil: nothing is known of phones
}

// server is the handler with its config.
type server struct {
	Config
	mux     http.Handler  // without protect: for requests of our own
	sending sync.Mutex    // held while a timetable is changed or its report sent
	woken   chan struct{} // a timetable was changed
	fatesMu sync.Mutex    // guards fates
	fates   []MailFate    // not kept yet
	api     huma.API
	views   viewCache
	boards  *boards.Shelf
	hub     *boards.Hub
	heard   hearings
	cards   sync.Mutex        // held while a customer's card is changed
	turning sync.Mutex        // held while turns of a date are changed
	making  sync.Mutex        // held while something is made that has a key
	chinese map[string]string // sentences by the English ones
	phrases []phrase          // of the centre file's faults
	routes  []route           // all operations with what they need, for the test of roles
}

// route is one operation and the permission it needs; empty: everybody, also without a login; anyLogin: whoever is logged in.
type route struct {
	method, path string
	need         auth.Permission
}

// anyLogin is the permission that every login has.
const anyLogin auth.Permission = "any_login"

// New returns the handler of all pages and of the API.
func New(cfg Config) (http.Handler, error) {
	s, mux, err := build(cfg)
	if err != nil {
		return nil, err
	}
	if cfg.Background != nil && cfg.Kept != nil {
		cfg.Background("reports that are sent", s.dispatch)
	}
	return s.protect(mux), nil
}

func build(cfg Config) (*server, *http.ServeMux, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &server{Config: cfg, chinese: chinese(), woken: make(chan struct{}, 1)}
	maps.Copy(s.chinese, chineseCentre())
	maps.Copy(s.chinese, boardsChinese())
	s.phrases = phrases()
	if f, ok := cfg.Mailer.(Fates); ok && cfg.Kept != nil {
		f.Tell(s.mailTold)
	}
	mux := http.NewServeMux()
	s.mux = mux
	hc := huma.DefaultConfig("Hotline", cfg.Version)
	hc.OpenAPIPath, hc.DocsPath, hc.SchemasPath = "/api/openapi", "", "/api/schemas"
	hc.CreateHooks = nil // no $schema field in answers
	hc.Transformers = append(hc.Transformers, withoutValues)
	hc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "The token of POST /api/v1/login."},
		"cookie": {Type: "apiKey", In: "cookie", Name: cookieName},
	}
	s.api = humago.New(mux, hc)
	s.aboutRoutes()
	s.loginRoutes()
	s.ownLoginRoutes()
	s.ssoRoutes()
	s.liveRoutes()
	s.openBoards()
	s.boardRoutes()
	s.contactRoutes()
	s.agentRoutes()
	s.callRoutes()
	s.superviseRoutes()
	s.agentDayRoutes()
	s.breakRoutes()
	s.leadRoutes()
	s.queueRoutes()
	s.taskRoutes()
	s.taskWriteRoutes()
	s.deskRoutes()
	s.customerRoutes()
	s.noticeRoutes()
	s.explainRoutes()
	s.reportRoutes()
	s.figureRoutes()
	s.savedRoutes()
	s.scheduleRoutes()
	s.forecastRoutes()
	s.adminRoutes()
	s.auditRoutes()
	s.centreFileRoutes()
	s.importRoutes()
	s.promptRoutes()
	s.registeredRoutes()
	s.trunkRoutes()
	s.outwardRoutes()
	s.phoneRoutes(mux)
	mux.HandleFunc("/api/", s.noAddress)
	if err := s.pages(mux); err != nil {
		return nil, nil, err
	}
	return s, mux, nil
}

// op is an operation's description.
func (s *server) op(need auth.Permission, method, path, id, summary string) huma.Operation {
	s.routes = append(s.routes, route{method, path, need})
	o := huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, MaxBodyBytes: 1 << 20}
	if need != "" {
		o.Security = []map[string][]string{{"bearer": {}}, {"cookie": {}}}
		o.Middlewares = huma.Middlewares{s.require(need)}
		o.Errors = []int{http.StatusUnauthorized, http.StatusForbidden}
	}
	return o
}

// require lets only logins with the permission through.
func (s *server) require(need auth.Permission) func(huma.Context, func(huma.Context)) {
	return func(c huma.Context, next func(huma.Context)) {
		u, ok := userOf(c.Context())
		switch {
		case !ok:
			huma.WriteErr(s.api, c, http.StatusUnauthorized, s.say(c.Context(), textLogIn)) // a client that is gone needs no answer
		case need != anyLogin && !u.Role.May(need):
			huma.WriteErr(s.api, c, http.StatusForbidden, s.say(c.Context(), textRole, u.Role))
		default:
			next(c)
		}
	}
}

// audit notes an accountable act in the log. One that cannot be noted is not done.
func (s *server) audit(ctx context.Context, act, target string) error {
	u, _ := userOf(ctx)
	_, err := s.Log.Append([]hotline.Event{{
		At: s.Now(), Agent: u.Agent, Fact: hotline.Audited{User: u.Name, Act: act, Target: target, Addr: addrOf(ctx)},
	}})
	if err != nil {
		s.Logger.Error("web: act refused, it cannot be noted", "act", act, "error", err)
		return s.problem(ctx, http.StatusServiceUnavailable, textNoLog)
	}
	return nil
}
