// Command licenses prints the licenses of everything that programs and libraries written in Go contain besides the main
// module: of each module that the linker has recorded in them, from the module cache, and of Go itself.
//
//	licenses FILE...
package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

// part is something with a license of its own.
type part struct {
	name  string
	files []file
}

type file struct {
	name string
	text []byte
}

func run(out io.Writer, paths []string) error {
	if len(paths) == 0 {
		return errors.New("no files given")
	}
	modules, goVersion, err := contents(paths)
	if err != nil {
		return err
	}
	parts, err := goItself(goVersion)
	if err != nil {
		return err
	}
	dirs, err := directories(modules)
	if err != nil {
		return err
	}
	for _, m := range modules {
		files, err := licenses(dirs[m])
		if err != nil {
			return fmt.Errorf("%s: %w", m, err)
		}
		parts = append(parts, part{strings.Replace(m, "@", " ", 1), files})
	}
	_, err = out.Write(text(paths, parts))
	return err
}

// contents returns the modules in the files, as path@version, and the version of Go that made them.
func contents(paths []string) (modules []string, goVersion string, err error) {
	seen := map[string]bool{}
	for _, path := range paths {
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			return nil, "", err
		}
		if goVersion != "" && goVersion != info.GoVersion {
			return nil, "", fmt.Errorf("%s is made by %s, and another file by %s", path, info.GoVersion, goVersion)
		}
		goVersion = info.GoVersion
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			if m.Version == "" {
				return nil, "", fmt.Errorf("%s has a module that is replaced by the directory %s, which is not looked into", path, m.Path)
			}
			seen[m.Path+"@"+m.Version] = true
		}
	}
	return slices.Sorted(maps.Keys(seen)), goVersion, nil
}

// directories finds modules in the module cache, where they are put if they are not.
func directories(modules []string) (map[string]string, error) {
	dirs := map[string]string{}
	if len(modules) == 0 {
		return dirs, nil
	}
	b, err := goCommand(append([]string{"mod", "download", "-json"}, modules...)...)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	for d.More() {
		var m struct{ Path, Version, Dir string }
		if err := d.Decode(&m); err != nil {
			return nil, fmt.Errorf("go mod download: %w", err)
		}
		dirs[m.Path+"@"+m.Version] = m.Dir
	}
	return dirs, nil
}

// goItself is the runtime and the standard library, which every Go program contains.
func goItself(version string) ([]part, error) {
	b, err := goCommand("env", "GOROOT", "GOVERSION")
	if err != nil {
		return nil, err
	}
	root, installed, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	if installed != version {
		return nil, fmt.Errorf("made by %s, and %s is installed", version, installed)
	}
	name := "Go " + strings.TrimPrefix(version, "go") + ", its runtime and its standard library"
	files, err := licenses(root)
	if err != nil {
		// Debian and Fedora keep it with the licenses of all packages.
		short := regexp.MustCompile(`\d+\.\d+`).FindString(version)
		for _, path := range []string{"/usr/share/doc/golang-" + short + "-go/copyright", "/usr/share/licenses/golang/LICENSE"} {
			if text, err := os.ReadFile(path); err == nil {
				return []part{{name, []file{{filepath.Base(path), text}}}}, nil
			}
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return []part{{name, files}}, nil
}

func goCommand(args ...string) ([]byte, error) {
	var stderr bytes.Buffer
	cmd := exec.Command("go", args...)
	cmd.Stderr = &stderr
	b, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s%s", args[0], err, b, stderr.Bytes())
	}
	return b, nil
}

var (
	licenseName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)
	grants      = regexp.MustCompile(`(?i)^(licen[cs]e|copying)`)
)

// licenses reads the files in a module's directory that say under which terms it may be passed on.
func licenses(dir string) ([]file, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []file
	found := false
	for _, e := range entries {
		if !e.Type().IsRegular() || !licenseName.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, file{e.Name(), text})
		found = found || grants.MatchString(e.Name())
	}
	if !found {
		return nil, fmt.Errorf("no license in %s", dir)
	}
	return files, nil
}

// text says what parts there are, those with the same texts together.
func text(paths []string, parts []part) []byte {
	var b bytes.Buffer
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = filepath.Base(path)
	}
	fmt.Fprintf(&b, "What %s contains of others, and under which licenses.\n", strings.Join(names, " or "))
	done := make([]bool, len(parts))
	for i, p := range parts {
		if done[i] {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", strings.Repeat("=", 80))
		for j := i; j < len(parts); j++ {
			if same(p.files, parts[j].files) {
				fmt.Fprintln(&b, parts[j].name)
				done[j] = true
			}
		}
		for _, f := range p.files {
			fmt.Fprintf(&b, "%s\n%s:\n\n%s\n", strings.Repeat("-", 80), f.name, bytes.TrimSpace(f.text))
		}
	}
	return b.Bytes()
}

func same(a, b []file) bool {
	return slices.EqualFunc(a, b, func(x, y file) bool { return x.name == y.name && bytes.Equal(x.text, y.text) })
}
