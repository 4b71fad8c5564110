package transport

import (
	"net/url"
	"slices"
)

// Access says which Hosts and Origins may reach the HTTP transports.
type Access struct {
	Address string // host:port that is listened on
	Hosts   []string
	Origins []string
}

// hostAllowed reports whether a Host header names this server. On loopback
// that is a loopback name, whatever the port; elsewhere any name unless some
// are configured, since only the operator knows them.
func (a Access) hostAllowed(host string) bool {
	name := hostname(host)
	if slices.Contains(a.Hosts, host) || slices.Contains(a.Hosts, name) {
		return true
	}
	if IsLoopback(name) {
		return true
	}
	return len(a.Hosts) == 0 && !a.OnLoopback()
}

func (a Access) originAllowed(origin, host string) bool {
	if slices.Contains(a.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if IsLoopback(hostname(host)) {
		return a.OnLoopback() && IsLoopback(u.Hostname())
	}
	// A page served under our own name is ours only if the operator says that
	// it is our name: a foreign name can be made to lead here.
	return u.Host == host && (slices.Contains(a.Hosts, host) || slices.Contains(a.Hosts, hostname(host)))
}

// OnLoopback reports whether only this machine can reach the address.
func (a Access) OnLoopback() bool {
	return IsLoopback(hostname(a.Address))
}
