// Monc is a command-line client of the monitors of a Ceph cluster, from Pacific (16.2) to Tentacle (20.2). It shows the
// cluster's status, runs commands given in words or JSON, asks for versions of maps, and follows maps as they change:
//
//	monc status
//	monc -m 10.0.0.1 -k admin.keyring command osd tree -f json
//	monc watch osdmap monmap
//
// It is a thin layer over package monclient: reading the command line, matching words against the monitors' own table
// of commands, printing, and telling what to do about errors. What it prints to standard output for a command is byte
// for byte what the ceph tool prints. It is no library, and nothing imports it; it talks to monitors and the active
// manager only, so commands for OSDs, metadata servers and admin sockets (ceph daemon) are not its business.
//
// Run monc help for its commands, options and exit codes.
package main
