package monclient

import (
	"context"
	"log/slog"
	"slices"
)

// LogEvent is something that Config.Logger is told of.
type LogEvent struct {
	Name  string // the record's message
	Level slog.Level
	Keys  []string // of the record's attributes, in their order
}

// What Config.Logger is told of. LogEvents has the documentation.
var (
	logHunting            = logged("session.hunting", slog.LevelDebug, "mons")
	logAttemptFailed      = logged("session.attempt_failed", slog.LevelDebug, "mon", "addr", "step", "elapsed", "error")
	logConnected          = logged("session.connected", slog.LevelInfo, "mon", "addr", "elapsed")
	logFailedOver         = logged("session.failed_over", slog.LevelInfo, "mon", "addr", "elapsed")
	logLost               = logged("session.lost", slog.LevelWarn, "mon", "addr", "elapsed", "cause", "error")
	logReclaimRefused     = logged("session.reclaim_refused", slog.LevelWarn, "global_id")
	logStandbyReady       = logged("standby.ready", slog.LevelDebug, "mon", "addr", "elapsed")
	logStandbyLost        = logged("standby.lost", slog.LevelDebug, "mon", "addr", "elapsed", "error")
	logStandbyFailed      = logged("standby.attempt_failed", slog.LevelDebug, "mon", "addr", "step", "elapsed", "error")
	logCredentialChanged  = logged("credential.changed", slog.LevelInfo)
	logCredentialUnread   = logged("credential.unreadable", slog.LevelWarn, "entity", "error")
	logCommandsUnreadable = logged("commands.unreadable", slog.LevelWarn, "error")
	logMonMapOld          = logged("monmap.ignored", slog.LevelDebug, "epoch", "have")
	logOSDMapForeign      = logged("osdmap.foreign", slog.LevelWarn, "fsid")
	logOSDMapRepaired     = logged("osdmap.repaired", slog.LevelWarn, "epoch", "error")
	logOSDMapResumed      = logged("osdmap.resumed", slog.LevelDebug, "epoch")
	logMessageIgnored     = logged("message.ignored", slog.LevelDebug, "type")
	logTellFailed         = logged("tell.attempt_failed", slog.LevelDebug, "mon", "addr", "step", "elapsed", "error")
	logMgrConnected       = logged("mgr.connected", slog.LevelInfo, "mgr", "addr", "elapsed")
	logMgrFailed          = logged("mgr.attempt_failed", slog.LevelDebug, "mgr", "addr", "error")
	logMgrLost            = logged("mgr.lost", slog.LevelInfo, "mgr", "addr", "error")
	logMgrMapBad          = logged("mgrmap.unreadable", slog.LevelWarn, "epoch", "error")
	logEntriesLost        = logged("log.lost", slog.LevelWarn, "entries", "error")
	logEntriesUnreadable  = logged("log.unreadable", slog.LevelWarn, "mon", "error")
	logConfigChanged      = logged("config.changed", slog.LevelInfo, "options")
	logConfigIgnored      = logged("config.ignored", slog.LevelWarn, "error")
	logDropped            = logged("subscription.dropped", slog.LevelWarn, "what")
)

var logEvents []*LogEvent

func logged(name string, level slog.Level, keys ...string) *LogEvent {
	e := &LogEvent{name, level, keys}
	logEvents = append(logEvents, e)
	return e
}

// LogEvents returns all that Config.Logger is told of, in no particular order. Names and keys stay what they are from release
// to release; there may come more. None of them tells a secret, nor the arguments of a command.
//
//	session.hunting         DEBUG  mons                                 the monitors are being tried, in this order
//	session.attempt_failed  DEBUG  mon addr step elapsed error          one of them did not let us in; step is Attempt.Step
//	session.connected       INFO   mon addr elapsed                     there is a session, after so long a search
//	session.failed_over     INFO   mon addr elapsed                     a standby has taken over
//	session.lost            WARN   mon addr elapsed cause error         the session is over after elapsed; causes are those of Stats.SessionsLost
//	session.reclaim_refused WARN   global_id                            the monitors do not let us go on under this id; the next session has a new one
//	standby.ready           DEBUG  mon addr elapsed                     a spare session is there
//	standby.lost            DEBUG  mon addr elapsed error               it is over
//	standby.attempt_failed  DEBUG  mon addr step elapsed error          there is none yet
//	credential.changed      INFO                                        the key is another one from now on
//	credential.unreadable   WARN   entity error                         the key cannot be read again, the present one stays
//	commands.unreadable     WARN   error                                the monitors' table of commands makes no sense, so no command is taken for one that only reads
//	monmap.ignored          DEBUG  epoch have                           it is older than the one that we have
//	osdmap.foreign          WARN   fsid                                 it is of another cluster, and ignored
//	osdmap.repaired         WARN   epoch error                          a watch has no use for what has come in place of that epoch, and asks for it again
//	osdmap.resumed          DEBUG  epoch                                a watch that was slow has room again, and asks for what there was none for, from that epoch on
//	message.ignored         DEBUG  type                                 nobody has asked for it, or it is of a type that is not known
//	tell.attempt_failed     DEBUG  mon addr step elapsed error          a monitor did not answer a tell or a ping
//	mgr.connected           INFO   mgr addr elapsed                     there is a session with the active manager
//	mgr.attempt_failed      DEBUG  mgr addr error                       there is none yet
//	mgr.lost                INFO   mgr addr error                       it is over
//	mgrmap.unreadable       WARN   epoch error                          the map makes no sense, and the one before it stays
//	log.lost                WARN   entries error                        the client was closed before the monitors had acknowledged these many log entries
//	log.unreadable          WARN   mon error                            the end of the cluster log makes no sense
//	config.changed          INFO   options                              these are others now, because the monitors say so (Config.FollowConfig, Config.FetchConfig)
//	config.ignored          WARN   error                                the monitors have a value that makes no sense, or that is not taken from them
//	subscription.dropped    WARN   what                                 the subscriber does not fetch events in time, so that the oldest are dropped from now on
func LogEvents() []LogEvent {
	all := make([]LogEvent, len(logEvents))
	for i, e := range logEvents {
		all[i] = LogEvent{e.Name, e.Level, slices.Clone(e.Keys)}
	}
	return all
}

// note tells the logger; args are the keys of the event, each with its value.
func (c *core) note(e *LogEvent, args ...any) {
	c.cfg.Logger.Log(context.Background(), e.Level, e.Name, args...)
}

// logSession tells the logger what has happened to the session.
func (c *core) logSession(e *SessionEvent) {
	switch e.Kind {
	case SessionHunting:
		c.note(logHunting, "mons", e.Mons)
	case SessionAttempt:
		a := &e.Attempt
		c.note(logAttemptFailed, "mon", a.Mon, "addr", a.Addr.String(), "step", a.Step, "elapsed", a.Elapsed, "error", unwrapStep(a.Err))
	case SessionConnected:
		c.note(logConnected, "mon", e.Mon, "addr", e.Addr.String(), "elapsed", e.Elapsed)
	case SessionFailedOver:
		c.note(logFailedOver, "mon", e.Mon, "addr", e.Addr.String(), "elapsed", e.Elapsed)
	case SessionLost:
		c.note(logLost, "mon", e.Mon, "addr", e.Addr.String(), "elapsed", e.Elapsed, "cause", causeOf(e.Err), "error", e.Err)
	case SessionStandby:
		if e.Err != nil {
			c.note(logStandbyLost, "mon", e.Mon, "addr", e.Addr.String(), "elapsed", e.Elapsed, "error", e.Err)
		} else {
			c.note(logStandbyReady, "mon", e.Mon, "addr", e.Addr.String(), "elapsed", e.Elapsed)
		}
	case SessionCredential:
		c.note(logCredentialChanged)
	}
}
