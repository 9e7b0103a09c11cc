package web

import "hotline/web/auth"

// needDesk is the part of need about desks. Agents that act for themselves are tested apart.
func needDesk() map[string][]auth.Role {
	const a, qa, tl, co, le, di = auth.Agent, auth.QA, auth.TeamLead, auth.Coordinator, auth.Lead, auth.Director
	all, leads := auth.Roles(), []auth.Role{di, le, tl}
	office := []auth.Role{di, le, tl, co}
	return map[string][]auth.Role{
		"POST /api/v1/tasks":                             {di, le, tl, co, a},
		"PATCH /api/v1/tasks/{id}":                       {di, le, tl, co, a},
		"GET /api/v1/wrap-up-codes":                      all,
		"PUT /api/v1/contacts/{id}/wrap-up":              leads,
		"GET /api/v1/contacts/{id}/wrap-up":              {di, le, tl, qa, co},
		"POST /api/v1/agents/{id}/extend-wrap-up":        leads,
		"POST /api/v1/agents/{id}/raise-hand":            leads,
		"DELETE /api/v1/agents/{id}/raise-hand":          leads,
		"GET /api/v1/agents/{id}/missed":                 {di, le, tl, qa, co},
		"GET /api/v1/agents/{id}/card":                   office,
		"GET /api/v1/customers/{number}":                 office,
		"PUT /api/v1/customers/{number}":                 office,
		"POST /api/v1/customers/{number}/notes":          office,
		"DELETE /api/v1/customers/{number}/notes/{note}": office,
		"DELETE /api/v1/customers/{number}":              {auth.Director, auth.Lead},
		"GET /api/v1/notices":                            all,
		"POST /api/v1/notices":                           office,
		"PUT /api/v1/notices/{id}":                       office,
		"DELETE /api/v1/notices/{id}":                    office,
		"POST /api/v1/notices/{id}/read":                 all,
	}
}
