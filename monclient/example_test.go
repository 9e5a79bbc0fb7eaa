package monclient_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// A thousand commands at a time, and one goroutine that waits for them all.
func ExampleClient_StartCommand() {
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

	const n = 1000
	var answered int // by the functions, which run one at a time
	all := make(chan struct{})
	for range n {
		_, err := client.StartCommand(monclient.Raw(`{"prefix":"status"}`), time.Minute, func(r *monclient.Reply, err error) {
			if err != nil {
				log.Fatal(err) // no answer
			}
			if answered++; answered == n {
				close(all)
			}
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	<-all
	fmt.Println(answered)
	// Output: 1000
}
