// Command hotline is the contact-centre engine: one binary, one subcommand a task.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"hotline/media"
)

// version is of this source; a release is the commit that changes it.
const version = "0.1.0-dev"

// cli is the command line.
type cli struct {
	Demo       demoCmd       `cmd:"" help:"A whole centre with simulated customers and agents, to look at."`
	Serve      serveCmd      `cmd:"" help:"The engine."`
	Check      checkCmd      `cmd:"" help:"Say what is wrong with the config and centre files."`
	Apply      applyCmd      `cmd:"" help:"Put a centre file in force, without dropping a call."`
	Reload     reloadCmd     `cmd:"" help:"Have the running engine read its file again: trunks that were added, changed or removed are so without a restart."`
	Trunks     trunksCmd     `cmd:"" help:"How the trunks of the running engine are."`
	Export     exportCmd     `cmd:"" help:"Print the centre in force as a file."`
	User       userCmd       `cmd:"" help:"Logins of the web pages."`
	Alarms     alarmsCmd     `cmd:"" help:"Channels that alarms are told by."`
	Backup     backupCmd     `cmd:"" help:"Write everything that is kept into one file, of a running engine, too."`
	Restore    restoreCmd    `cmd:"" help:"Unpack a backup into an empty data folder."`
	Recordings recordingsCmd `cmd:"" help:"Recordings on the disk."`
	Audit      auditCmd      `cmd:"" help:"What people did, as a chain that shows when it was altered."`
	Versions   versionsCmd   `cmd:"" help:"List the centre files that were in force: 'export --version' prints one again."`
	Replay     replayCmd     `cmd:"" help:"Run a span of the log through the router again, perhaps with another centre file, and print both KPI sheets."`
	Staffing   staffingCmd   `cmd:"" help:"How many agents a load needs: Erlang A, B, C."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
	People     peopleCmd     `cmd:"" hidden:"" help:"The simulated people of the demo."`
}

func main() {
	var c cli
	k := kong.Parse(&c, kong.Name("hotline"), kong.Description("A contact centre: calls in, queues, agents, recordings, figures."),
		kong.UsageOnError())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	k.BindTo(ctx, (*context.Context)(nil))
	k.BindTo(os.Stdout, (*io.Writer)(nil))
	err := k.Run()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type versionCmd struct{}

// spoken names the codecs that this build has.
func spoken() (names []string) {
	for _, c := range []media.Codec{media.PCMA, media.PCMU, media.G722, media.Opus} {
		if c.Known() {
			names = append(names, c.String())
		}
	}
	return names
}

// Run prints the version and the codecs of this build.
func (versionCmd) Run(out io.Writer) error {
	_, err := fmt.Fprintf(out, "hotline %s\ncodecs: %s\n", version, strings.Join(spoken(), ", "))
	return err
}
