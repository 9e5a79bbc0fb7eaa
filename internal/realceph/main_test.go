package realceph

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// ownerEnv makes the test binary start a cluster of that release, print its directory, and keep it.
const ownerEnv = "REALCEPH_TEST_OWNER"

func TestMain(m *testing.M) {
	if rel := os.Getenv(ownerEnv); rel != "" {
		own(Release(rel))
	}
	goleak.VerifyTestMain(Main(m))
}

func own(rel Release) {
	c, err := Start(context.Background(), Options{Release: rel, Mons: 3})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(c.Dir)
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}
