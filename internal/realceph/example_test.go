package realceph_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/libmonclient/libmonclient/internal/realceph"
)

// Three monitors, one of which dies.
func Example() {
	ctx := context.Background()
	c, err := realceph.Start(ctx, realceph.Options{Release: realceph.Reef, Mons: 3, Conf: map[string]string{"mon_lease": "1"}})
	if err != nil {
		log.Fatal(err)
	}
	defer func() {
		if err := c.Stop(); err != nil {
			log.Print(err)
		}
	}()
	if err := errors.Join(c.KillMon("c"), c.WaitQuorum(ctx, 2)); err != nil {
		log.Print(err)
		return
	}
	status, err := c.MonStatus(ctx, "a")
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Println("quorum of", len(status.Quorum))
}

func ExampleReleases() {
	for _, r := range realceph.Releases() {
		fmt.Println(r, r.Version(), "-", r.InstallCommand())
	}
	// Output:
	// pacific 16.2 - build/install-ceph.sh pacific
	// reef 18.2 - build/install-ceph.sh reef
	// tentacle 20.2 - build/install-ceph.sh tentacle
}
