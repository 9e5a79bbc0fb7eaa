package monmsg

import "testing"

func TestMConfig(t *testing.T) {
	checkWire(t, []wireTest{
		{name: "nothing configured", wire: "00000000", want: &MConfig{Options: map[string]string{}}},
		{
			name: "ceph-mon 20.2.4",
			wire: "01000000 14000000 7261646f735f6f73645f6f705f74696d656f7574 01000000 37",
			want: &MConfig{Options: map[string]string{"rados_osd_op_timeout": "7"}},
		},
		{
			name: "options go out in order",
			wire: "02000000 01000000 61 01000000 32 01000000 62 00000000",
			want: &MConfig{Options: map[string]string{"b": "", "a": "2"}},
		},
	})
}
