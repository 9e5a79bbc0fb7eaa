package capture_test

import (
	"fmt"

	"github.com/libmonclient/libmonclient/internal/capture"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

func ExampleMessage_Hex() {
	m := capture.Message{Type: monmsg.TypeConfig, Version: 1, Compat: 1, Front: make([]byte, 4), Why: "MMonSubscribe config"}
	fmt.Printf("%s", m.Hex("ceph-mon 18.2.7"))
	// Output:
	// # type: 62
	// # version: 1
	// # compat: 1
	// # origin: ceph-mon 18.2.7, provoked by MMonSubscribe config, caught by internal/cmd/capture
	// front:
	// 00000000
}
