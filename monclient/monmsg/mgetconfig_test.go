package monmsg

import (
	"testing"

	"github.com/libmonclient/libmonclient/denc"
)

func TestMGetConfig(t *testing.T) {
	checkWire(t, []wireTest{{
		name: "client.admin",
		wire: "08000000 05000000 61646d696e 02000000 766d 03000000 686464",
		want: &MGetConfig{Name: denc.EntityName{Type: denc.EntityClient, ID: "admin"}, Host: "vm", DeviceClass: "hdd"},
	}})
}
