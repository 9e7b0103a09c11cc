package wire

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// netwatch calls changed when the machine's addresses or routes have changed, until ctx is done: not for each of the messages of
// one change, but settle after the first. The kernel tells (rtnetlink(7)); nothing is asked in between.
func netwatch(ctx context.Context, settle time.Duration, changed func()) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), "rtnetlink")
	defer f.Close()
	err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV4_ROUTE})
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { f.Close() })
	defer stop()
	buf := make([]byte, 16<<10)
	for {
		_ = f.SetReadDeadline(time.Time{})
		if _, err := f.Read(buf); err != nil && !errors.Is(err, unix.ENOBUFS) { // ENOBUFS: there was more than room for it
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		_ = f.SetReadDeadline(time.Now().Add(settle))
		for {
			if _, err := f.Read(buf); err != nil && !errors.Is(err, unix.ENOBUFS) {
				break
			}
		}
		if ctx.Err() != nil {
			return nil
		}
		changed()
	}
}
