package cephx_test

import (
	"bytes"
	"fmt"
	"log"

	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/denc"
)

// A key from a keyring starts a handshake, whose payloads the messenger carries. A key does not print.
func Example() {
	keyring := `[client.admin]
	key = AQA77ANrpfjpOhAAYjTj6qAJJfHah2/cgG0iSQ==
	caps mon = "allow *"
`
	ring, err := cephx.ParseKeyring("ceph.client.admin.keyring", []byte(keyring))
	if err != nil {
		log.Fatal(err)
	}
	name := denc.EntityName{Type: denc.EntityClient, ID: "admin"}
	key, err := ring.Key(name)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Type(), key)

	h, err := cephx.NewHandshake(cephx.Config{Name: name, Key: key})
	if err != nil {
		log.Fatal(err)
	}
	method, modes, payload, err := h.Begin()
	fmt.Println(method, modes, len(payload), err)
	// Output:
	// aes [redacted]
	// 2 [2 1] 22 <nil>
}

// A keyring is written in the form that ceph-authtool reads.
func ExampleKeyring_WriteTo() {
	var ring cephx.Keyring
	ring.Set(cephx.Entry{
		Name: denc.EntityName{Type: denc.EntityClient, ID: "a"},
		Caps: map[string]string{"osd": `profile rbd pool="x;y"`, "mon": "profile rbd"},
	})
	var out bytes.Buffer
	if _, err := ring.WriteTo(&out); err != nil {
		log.Fatal(err)
	}
	fmt.Print(out.String())
	// Output:
	// [client.a]
	// 	caps mon = "profile rbd"
	// 	caps osd = "profile rbd pool=\"x\;y\""
}

// Both sides of a handshake, without a messenger between them.
func ExampleKeyServer() {
	name := denc.EntityName{Type: denc.EntityClient, ID: "admin"}
	key, err := cephx.ParseKey("AQA77ANrpfjpOhAAYjTj6qAJJfHah2/cgG0iSQ==")
	if err != nil {
		log.Fatal(err)
	}
	server, err := cephx.NewKeyServer(cephx.KeyServerConfig{
		Lookup: func(n denc.EntityName) (cephx.Entry, bool) {
			return cephx.Entry{Name: name, Key: key, Caps: map[string]string{"mon": "allow *"}}, n == name
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	monitor := server.NewHandshake(func() (uint64, error) { return 4123, nil })
	client, err := cephx.NewHandshake(cephx.Config{Name: name, Key: key})
	if err != nil {
		log.Fatal(err)
	}

	method, modes, payload, err := client.Begin()
	if err != nil {
		log.Fatal(err)
	}
	out, err := monitor.Request(method, modes, payload)
	if err != nil {
		log.Fatal(err)
	}
	payload, err = client.More(out.More)
	if err != nil {
		log.Fatal(err)
	}
	out, err = monitor.More(payload)
	if err != nil {
		log.Fatal(err)
	}
	theirs, _, err := client.Done(out.Done.GlobalID, out.Done.Mode, out.Done.Payload)
	if err != nil {
		log.Fatal(err)
	}
	ours, _ := out.Done.Keys()
	session, err := monitor.Session()
	fmt.Println(session, bytes.Equal(ours, theirs), err)
	// Output:
	// server_session{client.admin method:cephx global_id:4123} true <nil>
}
