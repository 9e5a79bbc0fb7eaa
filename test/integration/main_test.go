package integration

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(removesMonc{realceph.Main(m)}) }

// removesMonc runs the tests and removes what they built.
type removesMonc struct{ realceph.Runner }

func (r removesMonc) Run() int {
	code := r.Runner.Run()
	if err := removeMonc(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}
