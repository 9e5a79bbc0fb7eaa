package main

import (
	"fmt"
	"strings"

	"github.com/libmonclient/libmonclient/bench/result"
)

// set is the measurements of one file.
type set struct {
	all  []result.Measurement // in the file's order
	byID map[string]*result.Measurement
}

// newSet refuses a measurement that is there twice.
func newSet(ms []result.Measurement) (*set, error) {
	s := &set{all: ms, byID: map[string]*result.Measurement{}}
	for i := range ms {
		id := ms[i].ID()
		if s.byID[id] != nil {
			return nil, fmt.Errorf("measurement %s is there twice", id)
		}
		s.byID[id] = &ms[i]
	}
	return s, nil
}

func readSet(path string) (*set, error) {
	ms, err := result.Read(path)
	if err != nil {
		return nil, err
	}
	s, err := newSet(ms)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// id is the name of a measurement.
func id(section, work, mode, quantity, side string) string {
	m := result.Measurement{Section: section, Work: work, Mode: mode, Quantity: quantity, Side: side}
	return m.ID()
}

// name is what an ID is called where its section is known: "fsid, 1 caller, crc".
func name(id string) string {
	f := strings.Split(id, " | ")
	if f[2] == "" {
		return f[1]
	}
	return f[1] + ", " + f[2]
}

// sections are the sections in the order of the report. Others follow by name.
var sections = []struct{ name, title string }{
	{"connect", "Connecting: connect, authenticate, first map, close"},
	{"latency", "One caller"},
	{"throughput", "Many callers of one handle"},
	{"large", "Large replies and inputs"},
	{"python", "Python"},
	{"subscription", "From a change to its event"},
	{"failover", "A monitor fails: time to the next success"},
	{"scale", "Many clients in one process"},
	{"process", "Programs: start to answer"},
	{"ceiling", "The client alone: an embedded monitor in the same process"},
	{"osdmap", "The OSD map: 10,000 OSDs, 1,000 pools, 100,000 upmaps"},
	{"codecs", "Codecs"},
	{"boundary", "The C library: on top of Go's calls, and as a file"},
}

// sectionNames returns the sections that the set has, in the order of the report.
func (s *set) sectionNames() []string {
	present := map[string]bool{}
	var order []string
	for _, m := range s.all {
		if !present[m.Section] {
			present[m.Section] = true
			order = append(order, m.Section)
		}
	}
	var names []string
	for _, known := range sections {
		if present[known.name] {
			names = append(names, known.name)
			delete(present, known.name)
		}
	}
	for _, name := range order {
		if present[name] {
			names = append(names, name)
		}
	}
	return names
}

func title(section string) string {
	for _, known := range sections {
		if known.name == section {
			return known.title
		}
	}
	return section
}
