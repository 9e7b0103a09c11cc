// Package web is the API and the pages: who is logged in may see the live state, contacts, recordings and reports, and
// set states, as far as the role allows (web/auth). It computes no figure: those are package reports', read through the
// fold; and it decides nothing about calls: it submits requests. The pages are in web/ui, embedded as they stand.
//
// Addresses, shapes and roles are described by GET /api/openapi.json, which is made from the types here.
package web
