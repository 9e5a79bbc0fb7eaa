//go:build linux

package survive

import (
	"flag"
	"strconv"
	"testing"

	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

// clusters is how many clusters run at once. They wait more than they work, so the processors do not count.
const clusters = 3

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", strconv.Itoa(clusters)); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(realceph.MainWithNetwork(m))
}
