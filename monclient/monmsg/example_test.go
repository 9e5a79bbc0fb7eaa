package monmsg_test

import (
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

func Example() {
	cmd := &monmsg.MMonCommand{
		FSID: uuid.MustParse("4d2b5b1e-6d1c-4bb1-9d0a-0123456789ab"),
		Cmd:  []string{`{"prefix":"status"}`},
	}
	front := cmd.AppendFront(nil, denc.FeaturesAll)

	// At the other end: the numbers come from the message's header.
	m, err := monmsg.Decode(monmsg.TypeMonCommand, 1, 1, front, nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(monmsg.TypeName(m.MsgType()), m.(*monmsg.MMonCommand).Cmd[0])

	_, err = monmsg.Decode(0x800, 1, 1, nil, nil, nil)
	fmt.Println(errors.Is(err, monmsg.ErrUnknownType))
	// Output:
	// MMonCommand {"prefix":"status"}
	// true
}
