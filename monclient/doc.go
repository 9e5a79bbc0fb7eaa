// Package monclient is a client of the monitors of a Ceph cluster, from Pacific (16.2) to Tentacle (20.2): it finds a
// monitor that answers, authenticates, and then runs commands, asks for versions of maps, and follows maps as they
// change. When the monitor is lost it finds another one, and what was asked for goes on there.
//
// A Client is made by Connect from a Config, which FromConf fills from a ceph.conf. One goroutine owns its state; every
// method is safe for concurrent use. What waits is bounded by its context and returns when Close is called; every such call
// has a form that does not wait, StartCommand for example, and calls a function on that goroutine instead. Close returns
// when everything that the client has started has ended.
//
// It does not read or write objects, and it does not talk to managers, OSDs or metadata servers.
package monclient
