// Package cephconf turns ceph.conf, the environment, a command line and a program's own settings into the resolved
// configuration of a Ceph client: typed option values with their origin, the key to authenticate with, and the
// addresses of the monitors to start from.
//
// It follows the file grammar, search paths, precedence and metavariables of Ceph's own clients (src/common/ConfUtils.cc,
// src/common/config.cc, src/common/ceph_argparse.cc, src/mon/MonMap.cc). It reads files and asks DNS, through hooks; it
// opens no connection to a monitor, decodes no monmap, and changes no file. Package monclient and programs on top of it
// call it.
//
// Values come in levels, low to high: compiled default, monitor ([Config.SetMon]), file, environment, command line,
// override ([Config.Set]). [Config.Source] tells which one won, and every error about a value names the option and the
// place it came from. A value of the file that its type refuses does not count, as in Ceph; [Config.Warnings] lists these.
//
// A key may be changed while a program runs: [Config.WatchKey] reads it again when its file was changed.
//
// Secrets do not print. [Config.Get] refuses to hand out the option key, [Config.Secret] wraps it in a [SecretText], and
// neither formatting a Config nor any error of this package contains it.
package cephconf
