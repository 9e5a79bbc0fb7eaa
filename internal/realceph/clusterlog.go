package realceph

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// clusterLogSuffix is what the files of the cluster log end in.
const clusterLogSuffix = ".cluster.log"

// LogTimes counts the executions of the command log for each text that contains some word, of which the text is all from there to
// the end of its line. It needs Options.ClusterLog.
//
// Every monitor writes what the quorum has committed to a file of its own; what is in any of them was executed. An entry bears
// the time at which the command came in, to the microsecond, so that the same entry in several files, or twice in one, which
// happens to a monitor that was killed between two writes, is told from two executions.
func (c *Cluster) LogTimes(word string) (map[string]int, error) {
	paths, err := filepath.Glob(filepath.Join(c.Dir, "*"+clusterLogSuffix))
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool)
	times := make(map[string]int)
	for _, path := range paths {
		if err := eachLine(path, func(line string) {
			at := strings.Index(line, word)
			if at < 0 || !strings.Contains(line[:at], " : cluster [") {
				return // or it is the audit log, which every command is in
			}
			stamp, _, _ := strings.Cut(line, " ")
			text := line[at:]
			if seen[stamp+" "+text] {
				return
			}
			seen[stamp+" "+text] = true
			times[text]++
		}); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// eachLine calls f for the whole lines of a file, without their ends.
func eachLine(path string, f func(line string)) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("realceph: %w", err)
	}
	defer file.Close()
	r := bufio.NewReader(file)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil //nolint:nilerr // the end, or a line that is being written
		}
		f(line[:len(line)-1])
	}
}
