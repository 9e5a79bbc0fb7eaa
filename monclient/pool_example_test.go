package monclient_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// A pool is created, looked up and asked how full it is.
func ExampleClient_CreatePool() {
	mons, err := montest.New(montest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer mons.Close()
	mons.SetUsage(montest.Usage{KB: 3 << 20, KBAvail: 3 << 20})
	ctx := context.Background()
	client, err := monclient.Connect(ctx, monclient.Config{MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	if _, err := client.CreatePool(ctx, "images", monclient.PoolOptions{}); err != nil {
		log.Fatal(err)
	}
	_, err = client.CreatePool(ctx, "images", monclient.PoolOptions{})
	fmt.Println(monclient.Errno(err).Name(), errors.Is(err, fs.ErrExist))

	id, err := client.PoolID(ctx, "images")
	if err != nil {
		log.Fatal(err)
	}
	capacity, err := client.PoolCapacity(ctx, id)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(id, capacity.KBAvail)
	// Output:
	// EEXIST true
	// 1 1048576
}

// A client that misbehaves is cut off from the OSDs for an hour.
func ExampleClient_BlocklistAdd() {
	mons, err := montest.New(montest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer mons.Close()
	ctx := context.Background()
	client, err := monclient.Connect(ctx, monclient.Config{MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	if err := client.BlocklistAdd(ctx, "192.0.2.7:0/3710147553", time.Hour); err != nil {
		log.Fatal(err)
	}
	list, err := client.Blocklist(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range list {
		fmt.Println(e.Addr, time.Until(e.Until).Round(time.Minute))
	}
	// Output:
	// 192.0.2.7:0/3710147553 1h0m0s
}
