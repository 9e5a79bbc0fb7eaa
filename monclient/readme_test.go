package monclient_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
)

// The body of Example is the example of the README, to the letter.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	conf := cephconf.New(cephconf.System{})
	if _, err := conf.Load(nil); err != nil { // CEPH_CONF, /etc/ceph/ceph.conf, CEPH_ARGS, ...
		log.Fatal(err)
	}
	cfg, err := monclient.FromConf(ctx, conf)
	if err != nil {
		log.Fatal(err)
	}
	client, err := monclient.Connect(ctx, cfg)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	reply, err := client.Command(ctx, monclient.Command{Prefix: "osd tree", Format: "json"})
	if err != nil {
		log.Fatal(err) // no answer
	}
	if err := reply.Err(); err != nil {
		log.Fatal(err) // the monitors said no
	}
	fmt.Printf("%s\n", reply.Output)

	maps, err := client.Subscribe("osdmap", 0, false)
	if err != nil {
		log.Fatal(err)
	}
	for m, err := range maps.All(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("osdmap %d: %d bytes\n", m.Epoch, len(m.Data))
	}
}

// TestReadmeExample keeps the README's example the one that is compiled here.
func TestReadmeExample(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, rest, ok := strings.Cut(string(readme), "```go\n")
	require.True(t, ok, "README.md has a Go example")
	block, _, ok := strings.Cut(rest, "```")
	require.True(t, ok)

	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	_, rest, _ = strings.Cut(string(source), "func Example() {\n")
	body, _, _ := strings.Cut(rest, "\n}\n")
	var lines []string
	for line := range strings.SplitSeq(body, "\n") {
		lines = append(lines, strings.TrimPrefix(line, "\t"))
	}
	require.Equal(t, strings.Join(lines, "\n"), strings.TrimSpace(block))
}
