package monclient_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// Every monitor is asked for itself, one of which is dead.
func ExampleClient_TellEach() {
	mons, err := montest.New(montest.Options{Mons: 3})
	if err != nil {
		log.Fatal(err)
	}
	defer mons.Close()
	client, err := monclient.Connect(context.Background(), monclient.Config{
		MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	mons.Mon("b").Kill()
	replies, err := client.TellEach(context.Background(), monclient.Command{Prefix: "version"})
	if err != nil {
		log.Fatal(err) // nobody was asked
	}
	for _, r := range replies {
		if r.Err != nil {
			fmt.Println(r.Mon, monclient.Errno(r.Err).Name())
			continue
		}
		fmt.Println(r.Mon, len(r.Reply.Output) > 0)
	}
	// Output:
	// a true
	// b ENXIO
	// c true
}

// Without a client, and without the right key: all that a monitor says then is that it is there.
func ExamplePing() {
	mons, err := montest.New(montest.Options{Mons: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer mons.Close()
	cfg := monclient.Config{MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial}
	if _, err := mons.RotateKey("client.admin"); err != nil {
		log.Fatal(err)
	}

	_, err = monclient.Ping(context.Background(), cfg, "a")
	var failed *monclient.PingError
	fmt.Println(monclient.Errno(err).Name(), errors.As(err, &failed) && failed.Alive)
	// Output: EACCES true
}
