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

// ownerNetworkEnv gives that cluster a network, and has the name of its first link printed, too.
const ownerNetworkEnv = "REALCEPH_TEST_OWNER_NETWORK"

func TestMain(m *testing.M) {
	if rel := os.Getenv(ownerEnv); rel != "" {
		own(Release(rel))
	}
	goleak.VerifyTestMain(MainWithNetwork(m))
}

func own(rel Release) {
	c, err := Start(context.Background(), Options{Release: rel, Mons: 3, Network: os.Getenv(ownerNetworkEnv) != ""})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(c.Dir)
	if c.network != nil {
		fmt.Println(c.links["a"].device)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}
