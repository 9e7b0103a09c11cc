//go:build !linux

package main

import (
	"errors"
	"time"
)

// eventfd is a bell that a thread could wait for without its P's being taken from it; here there is none.
type eventfd struct{}

func newEventfd() (eventfd, error) { return eventfd{}, errors.ErrUnsupported }

func (eventfd) close()             {}
func (eventfd) ring()              {}
func (eventfd) wait(time.Duration) {}
