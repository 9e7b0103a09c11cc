// Package e2e drives the real binary with phones and a browser that nobody here wrote: baresip, sipp, Chromium. It is
// behind the build tag e2e; `make e2e` installs what it needs and runs it.
package e2e
