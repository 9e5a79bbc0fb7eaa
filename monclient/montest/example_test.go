package montest_test

import (
	"context"
	"fmt"
	"log"
	"testing"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// poolNames is code that calls monclient, to be tested.
func poolNames(ctx context.Context, client *monclient.Client) (string, error) {
	reply, err := client.Command(ctx, monclient.Command{Prefix: "osd pool ls"})
	if err != nil {
		return "", err
	}
	return string(reply.Output), reply.Err()
}

// TestPoolNames is its test, in ten lines.
func TestPoolNames(t *testing.T) {
	mons := montest.Start(t, montest.Options{Mons: 3})
	mons.HandleCommand("osd pool ls", func(montest.Command) montest.Result { return montest.Result{Output: []byte("data\n")} })
	client, err := monclient.Connect(t.Context(), monclient.Config{MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if names, err := poolNames(t.Context(), client); err != nil || names != "data\n" {
		t.Errorf("got %q, %v", names, err)
	}
}

// Outside of a test, a cluster is made by New and ended by Close.
func Example() {
	mons, err := montest.New(montest.Options{Mons: 3})
	if err != nil {
		log.Fatal(err)
	}
	defer mons.Close()
	ctx := context.Background()
	client, err := monclient.Connect(ctx, monclient.Config{MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial})
	if err != nil {
		log.Print(err)
		return
	}
	defer client.Close()
	reply, err := client.Command(ctx, monclient.Command{Prefix: "mon versions"})
	if err != nil {
		log.Print(err)
		return
	}
	fmt.Printf("%s\n", reply.Output)
	// Output:
	// {
	//     "ceph version 18.2.7 (montest) reef (stable)": 3
	// }
}
