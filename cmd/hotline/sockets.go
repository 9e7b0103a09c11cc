package main

import (
	"net"
	"os"
	"strconv"
	"syscall"
)

// firstHanded is the number of the first descriptor that a supervisor hands in (sd_listen_fds(3)).
const firstHanded = 3

// handedSockets are the sockets that a supervisor opened for this process: LISTEN_FDS of them, if LISTEN_PID names it.
func handedSockets(env func(string) (string, bool)) []*os.File {
	pid, _ := env("LISTEN_PID")
	count, _ := env("LISTEN_FDS")
	n, err := strconv.Atoi(count)
	if err != nil || n <= 0 || n > 1<<16 || pid != strconv.Itoa(os.Getpid()) {
		return nil
	}
	files := make([]*os.File, 0, n)
	for fd := firstHanded; fd < firstHanded+n; fd++ {
		syscall.CloseOnExec(fd)
		files = append(files, os.NewFile(uintptr(fd), "LISTEN_FD_"+strconv.Itoa(fd)))
	}
	return files
}

// mediaSockets are those of the files that are UDP sockets within the range of RTP ports.
func mediaSockets(files []*os.File, ports [2]uint16) (media []*os.File) {
	for _, f := range files {
		c, err := net.FilePacketConn(f)
		if err != nil {
			continue
		}
		at, ok := c.LocalAddr().(*net.UDPAddr)
		c.Close()
		if ok && at.Port >= int(ports[0]) && at.Port <= int(ports[1]) {
			media = append(media, f)
		}
	}
	return media
}
