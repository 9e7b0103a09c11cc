package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// relay measures the kit's rtpengine, with recording and without, by the kit's own load.
func (b *bench) relay(ctx context.Context) error {
	if b.o.kit == "" {
		return nil
	}
	cmd := b.kit(ctx, "bench.sh", "rtpengine")
	cmd.Env = append(cmd.Env, "RTPE_LIST=200", "TRIES=1", "QUIET_WAIT=3", "DUR="+strconv.Itoa(int(b.o.window.Seconds()))+"s")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("the kit's bench.sh rtpengine: %w", err)
	}
	for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
		metric, value, ok := kitLine(lines.Text())
		if ok && strings.Contains(metric, "pps_per_core") && value != "" { // one that crashes measures nothing
			b.table.add("rtpengine", "Userspace, 200 calls, no set-up; `rec`: recording packets to a file. By the kit's own load.",
				[]string{"", "packets a core-second"}, strings.TrimSuffix(metric, "_pps_per_core"), value)
		}
	}
	return nil
}

// kitLine reads a line of the kit: metric=NAME value=V unit=….
func kitLine(line string) (metric, value string, ok bool) {
	f := strings.Fields(line)
	if len(f) < 2 {
		return "", "", false
	}
	metric, ok1 := strings.CutPrefix(f[0], "metric=")
	value, ok2 := strings.CutPrefix(f[1], "value=")
	return metric, value, ok1 && ok2
}
