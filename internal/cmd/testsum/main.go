// Command testsum reads what `go test -json` prints and says it briefly: one line for each package, everything
// that a failing test printed, and nothing of the others.
//
//	go test -json ./... | testsum [-counts FILE]
//
// It ends with a line "N passed, N failed, N skipped", or appends the three numbers to FILE. It fails when a
// test failed, a package did not build, or there was no test at all.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

func main() {
	counts := flag.String("counts", "", "append the three numbers to `FILE` instead of printing them")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *counts); err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
}

var errFailed = errors.New("tests failed")

func run(in io.Reader, out io.Writer, counts string) error {
	s := newSummary(out)
	if err := s.read(in); err != nil {
		return err
	}
	if counts == "" {
		fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	} else if err := appendLine(counts, fmt.Sprintln(s.passed, s.failed, s.skipped)); err != nil {
		return err
	}
	switch {
	case s.failed > 0:
		return errFailed
	case s.passed == 0 && s.skipped == 0:
		return errors.New("no test was run")
	}
	return nil
}

func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close())
}

// event is a line of the stream, as `go doc test2json` has it.
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build's output, instead of Package
	Test       string
	Output     string
}

// name is a test of a package, or the package itself when test is "".
type name struct{ pkg, test string }

type summary struct {
	out                     io.Writer
	passed, failed, skipped int
	printed                 map[name]*strings.Builder // by those that have not ended
	order                   []name                    // of printed
	failedIn                map[string]int            // tests, by package
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, printed: make(map[name]*strings.Builder), failedIn: make(map[string]int)}
}

func (s *summary) read(in io.Reader) error {
	r := bufio.NewReader(in)
	for {
		line, err := r.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil || e.Action == "" {
				if _, err := s.out.Write(line); err != nil { // go's own words
					return err
				}
			} else {
				s.add(e)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (s *summary) add(e event) {
	n := name{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "output":
		b := s.printed[n]
		if b == nil {
			b = new(strings.Builder)
			s.printed[n] = b
			s.order = append(s.order, n)
		}
		if !strings.HasPrefix(e.Output, "=== ") { // which test is running; the events say it, too
			b.WriteString(e.Output)
		}
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.endPackage(e)
		} else {
			s.endTest(n, e.Action)
		}
	}
}

func (s *summary) endTest(n name, action string) {
	switch action {
	case "pass":
		s.passed++
	case "skip":
		s.skipped++
	case "fail":
		s.failed++
		s.failedIn[n.pkg]++
		if b := s.printed[n]; b != nil {
			fmt.Fprint(s.out, b)
		}
	}
	s.forget(n)
}

// endPackage prints the package's line, or all that is left to say when it failed: a test that a panic or
// a timeout ended has printed something, and has no end of its own.
func (s *summary) endPackage(e event) {
	if e.Action == "fail" && s.failedIn[e.Package] == 0 {
		s.failed++
	}
	for _, n := range slices.Clone(s.order) {
		if n.pkg != e.Package {
			continue
		}
		text := s.printed[n].String()
		if e.Action == "fail" {
			fmt.Fprint(s.out, text)
		} else if n.test == "" {
			for line := range strings.Lines(text) {
				if strings.HasPrefix(line, "ok ") {
					fmt.Fprint(s.out, line)
				}
			}
		}
		s.forget(n)
	}
}

func (s *summary) forget(n name) {
	delete(s.printed, n)
	s.order = slices.DeleteFunc(s.order, func(o name) bool { return o == n })
}
