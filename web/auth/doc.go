// Package auth is who may do what on the pages and the API: roles and their permissions, logins with argon2id passwords,
// sessions, and the brakes on guessing. It knows nothing of HTTP beyond the cookie's value it hands out.
package auth
