package montest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// poolNames is the code of a user of monclient, to be tested.
func poolNames(ctx context.Context, client *monclient.Client) (string, error) {
	reply, err := client.Command(ctx, monclient.Command{Prefix: "osd pool ls"})
	if err != nil {
		return "", err
	}
	return string(reply.Output), reply.Err()
}

// A test of code that calls monclient, in ten lines.
func Example() {
	test := func(t *testing.T) {
		mons := montest.Start(t, montest.Options{Mons: 3})
		mons.HandleCommand("osd pool ls", func(montest.Command) montest.Result {
			return montest.Result{Output: []byte("data\nmetadata\n")}
		})
		client, err := monclient.Connect(t.Context(), monclient.Config{MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if names, err := poolNames(t.Context(), client); err != nil || names != "data\nmetadata\n" {
			t.Errorf("got %q, %v", names, err)
		}
	}
	fmt.Println(testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "PoolNames", F: test}}))
	// Output: true
}
