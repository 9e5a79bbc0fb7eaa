package main

import "github.com/libmonclient/libmonclient/monclient/cmdtable"

// Of words that monc does not know it speaks as of those that the monitors do not.

func nearest(word string, among []string, n int) []string { return cmdtable.Nearest(word, among, n) }

func oneOf(word string, allowed []string) error { return cmdtable.NoneOf(word, allowed) }
