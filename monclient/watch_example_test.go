package monclient_test

import (
	"context"
	"fmt"
	"log"
	"maps"
	"slices"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// A program follows keys, and changes one of them behind a barrier: the change has been told when the reply comes.
func ExampleClient_WatchKV() {
	mons, err := montest.New(montest.Options{Mons: 3})
	if err != nil {
		log.Fatal(err)
	}
	defer mons.Close()
	mons.SetKV("app/mode", []byte("quiet"))

	ctx := context.Background()
	client, err := monclient.Connect(ctx, monclient.Config{MonHost: mons.MonHost(), Key: mons.Key("client.admin"), Dial: mons.Dial})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	keys, err := client.WatchKV("app/", monclient.WatchOptions{})
	if err != nil {
		log.Fatal(err)
	}
	tell := func() {
		e, err := keys.Next(ctx)
		if err != nil {
			log.Fatal(err)
		}
		for _, key := range slices.Sorted(maps.Keys(e.Value.Set)) {
			fmt.Printf("%s = %s (all: %v)\n", key, e.Value.Set[key], e.Full)
		}
	}
	tell()
	_, err = client.Command(ctx, monclient.Command{
		Prefix: "config-key set", Args: map[string]any{"key": "app/mode", "val": "loud"}, Barrier: "kv:app/",
	})
	if err != nil {
		log.Fatal(err)
	}
	tell()

	// Output:
	// app/mode = quiet (all: true)
	// app/mode = loud (all: false)
}
