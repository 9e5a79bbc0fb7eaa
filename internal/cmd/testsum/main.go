// Command testsum reads what `go test -json` prints and says it briefly: one line for each package, everything
// that a failing test printed, and nothing of the others.
//
//	go test -json ./... | testsum [-counts FILE] [-digest FILE] [-again FILE]
//
// It ends with a line "N passed, N failed, N skipped", or appends the three numbers to FILE. It fails when a
// test failed, a package did not build, or there was no test at all.
//
// -digest appends what the assertions of each failing test said, without what else it has logged.
//
// -again is for tests with real daemons, which have bad moments of their own: when no more than three tests have failed, by
// themselves and not by a panic or a timeout, FILE gets a line "PACKAGE TEST" for each, and they are not counted: the caller
// runs them once more, and counts that.
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
	var f files
	flag.StringVar(&f.counts, "counts", "", "append the three numbers to `FILE` instead of printing them")
	flag.StringVar(&f.digest, "digest", "", "append what failing assertions said to `FILE`")
	flag.StringVar(&f.again, "again", "", "write the few tests that are to be run again to `FILE`")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, f); err != nil {
		fmt.Fprintln(os.Stderr, "testsum:", err)
		os.Exit(1)
	}
}

var errFailed = errors.New("tests failed")

// files are those to write besides standard output; "": none.
type files struct{ counts, digest, again string }

func run(in io.Reader, out io.Writer, f files) error {
	s := newSummary(out)
	var held strings.Builder // what failed, until it is known what becomes of it
	if f.again != "" {
		s.bad = &held
	}
	err := s.read(in)
	again := f.again != "" && s.forgivable()
	if again {
		fmt.Fprint(out, once(held.String()))
	} else {
		fmt.Fprint(out, held.String())
	}
	if err != nil {
		return err
	}
	if f.digest != "" && s.digest.Len() > 0 {
		text := s.digest.String()
		if again {
			text = once(text)
		}
		if err := appendText(f.digest, text); err != nil {
			return err
		}
	}
	if again {
		if err := appendText(f.again, s.leaveOut()); err != nil {
			return err
		}
	}
	if f.counts == "" {
		fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
	} else if err := appendText(f.counts, fmt.Sprintln(s.passed, s.failed, s.skipped)); err != nil {
		return err
	}
	switch {
	case s.failed > 0 || again:
		return errFailed
	case s.passed == 0 && s.skipped == 0:
		return errors.New("no test was run")
	}
	return nil
}

func appendText(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
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

// once says of tests that are run again that this was not the end of it.
func once(text string) string {
	text = strings.ReplaceAll(text, "--- FAIL:", "--- failed once:")
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "FAIL") {
			b.WriteString(line)
		}
	}
	return b.String()
}

type summary struct {
	out                     io.Writer
	bad                     io.Writer // of what has failed
	passed, failed, skipped int
	printed                 map[name]*strings.Builder // by those that have not ended
	order                   []name                    // of printed
	failedIn                map[string]int            // tests, by package
	trees                   map[name]*tree            // by test without its subtests
	broken                  bool                      // something failed that is no test
	digest                  strings.Builder
}

// tree counts a test with all its subtests.
type tree struct{ passed, failed, skipped int }

// mostAgain is how many tests may fail and be run again. More of them are no bad moment.
const mostAgain = 3

// forgivable reports whether few tests have failed, and nothing else.
func (s *summary) forgivable() bool {
	n := len(s.failedTrees())
	return !s.broken && n > 0 && n <= mostAgain
}

func (s *summary) failedTrees() []name {
	var failed []name
	for n, t := range s.trees {
		if t.failed > 0 {
			failed = append(failed, n)
		}
	}
	slices.SortFunc(failed, func(a, b name) int { return strings.Compare(a.pkg+" "+a.test, b.pkg+" "+b.test) })
	return failed
}

// leaveOut takes the failed tests out of the counts and returns a line for each.
func (s *summary) leaveOut() string {
	var lines strings.Builder
	for _, n := range s.failedTrees() {
		t := s.trees[n]
		s.passed, s.failed, s.skipped = s.passed-t.passed, s.failed-t.failed, s.skipped-t.skipped
		fmt.Fprintf(&lines, "%s %s\n", n.pkg, n.test)
	}
	return lines.String()
}

// treeOf returns the tree of a test.
func (s *summary) treeOf(n name) *tree {
	n.test, _, _ = strings.Cut(n.test, "/")
	t := s.trees[n]
	if t == nil {
		t = new(tree)
		s.trees[n] = t
	}
	return t
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, bad: out, printed: make(map[name]*strings.Builder), failedIn: make(map[string]int), trees: make(map[name]*tree)}
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
		s.treeOf(n).passed++
	case "skip":
		s.skipped++
		s.treeOf(n).skipped++
	case "fail":
		s.failed++
		s.treeOf(n).failed++
		s.failedIn[n.pkg]++
		if b := s.printed[n]; b != nil {
			fmt.Fprint(s.bad, b)
			s.digest.WriteString(digest(n, b.String()))
		}
	}
	s.forget(n)
}

// endPackage prints the package's line, or all that is left to say when it failed: a test that a panic or
// a timeout ended has printed something, and has no end of its own.
func (s *summary) endPackage(e event) {
	if e.Action == "fail" && s.failedIn[e.Package] == 0 {
		s.failed++
		s.broken = true
	}
	for _, n := range slices.Clone(s.order) {
		if n.pkg != e.Package {
			continue
		}
		text := s.printed[n].String()
		if e.Action == "fail" {
			fmt.Fprint(s.bad, text)
			if n.test != "" { // it has no end
				s.broken = true
				s.digest.WriteString(digest(n, text))
			}
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

// Bounds of a digest.
const (
	digestLines = 25  // of an assertion
	digestWidth = 300 // bytes of a line
)

// digest returns what the first assertion of a test said that failed, or the end of what it printed.
func digest(n name, text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	at := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "Error Trace:") })
	if at < 0 {
		at = max(0, len(lines)-digestLines)
	}
	lines = lines[at:min(len(lines), at+digestLines)]
	if end := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), "Test:") }); end >= 0 {
		lines = lines[:end]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s:\n", n.pkg, n.test)
	for _, l := range lines {
		if len(l) > digestWidth {
			l = l[:digestWidth] + "..."
		}
		b.WriteString(l + "\n")
	}
	return b.String()
}
