package web

import "hotline/web/auth"

// needBoards is the part of need about boards and screens.
func needBoards() map[string][]auth.Role {
	leads := []auth.Role{auth.Director, auth.Lead, auth.TeamLead}
	return map[string][]auth.Role{
		"GET /api/v1/boards":               auth.Roles(),
		"GET /api/v1/boards/{name}":        auth.Roles(),
		"GET /api/v1/boards/{name}/live":   auth.Roles(),
		"GET /api/v1/boards/{name}/stream": auth.Roles(),
		"POST /api/v1/boards/preview":      leads,
		"PUT /api/v1/boards/{name}":        leads,
		"DELETE /api/v1/boards/{name}":     leads,
		"GET /api/v1/kiosks":               leads,
		"POST /api/v1/kiosks":              leads,
		"DELETE /api/v1/kiosks/{id}":       leads,
	}
}
