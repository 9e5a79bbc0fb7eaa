// Package osdmap lets real clusters of Pacific, Reef and Tentacle judge what monclient/cephmap makes of OSD maps: a
// cluster with OSDs and a manager is changed in every way that there is a command for, and then all epochs of its
// history are taken apart and put together again, printed as the cluster prints them, and compared with one another.
package osdmap
