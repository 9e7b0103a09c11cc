package syntax

// Secure says whether what goes over the network is encrypted.
func Secure(network string) bool { return network == "tls" || network == "wss" }

// Secured is the encrypted network that a sips URI means by its transport parameter (RFC 3261 §19.1.4, §26.2.2): "tcp" or
// none is tls, "ws" is wss (RFC 7118 §5.2.2).
func Secured(transport string) string {
	if transport == "ws" || transport == "wss" {
		return "wss"
	}
	return "tls"
}

// TransportParam is the network as a URI's transport parameter. The URI of a WebSocket says ws, encrypted or not (RFC 7118
// §5.2.2).
func TransportParam(network string) string {
	if network == "wss" {
		return "ws"
	}
	return network
}

// DefaultPort is the port of a URI that names none (RFC 3261 §19.1.2; RFC 7118 §5.3).
func DefaultPort(network string) int {
	switch network {
	case "tls":
		return 5061
	case "ws":
		return 80
	case "wss":
		return 443
	}
	return 5060
}
