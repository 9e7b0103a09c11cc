//go:build !linux || !(amd64 || arm64)

package media

// newNetwork is the network of the kernel.
func newNetwork(cfg Config) network { return &udp{logger: cfg.Logger} }
