package monclient_test

import (
	"context"
	"fmt"
	"log"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// The manager has commands of its own, and of its modules, which it executes whoever the monitors are.
func ExampleClient_Command_manager() {
	cluster, err := montest.New(montest.Options{Mgrs: 1})
	if err != nil {
		log.Fatal(err)
	}
	defer cluster.Close()
	client, err := monclient.Connect(context.Background(), monclient.Config{
		MonMap: cluster.MonMap(), Key: cluster.Key("client.admin"), Dial: cluster.Dial,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	reply, err := client.Command(context.Background(), monclient.Command{Target: "mgr", Prefix: "balancer status", Format: "json"})
	if err == nil {
		err = reply.Err()
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s says %s\n", reply.From, reply.Output)
	// Output: mgr.x says {"active":false,"mode":"upmap","plans":[]}
}
