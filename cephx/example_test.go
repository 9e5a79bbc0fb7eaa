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
