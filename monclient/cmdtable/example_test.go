package cmdtable_test

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/libmonclient/libmonclient/monclient/cmdtable"
)

func Example() {
	// What a monitor answers to {"prefix": "get_command_descriptions"}, with two of its many commands.
	table, err := cmdtable.Parse([]byte(`{
		"cmd000": {"sig": ["osd", "tree", {"name": "epoch", "type": "CephInt", "range": "0", "req": false}],
			"help": "print OSD tree", "module": "osd", "perm": "r", "flags": 0},
		"cmd001": {"sig": ["osd", "reweight", {"name": "id", "type": "CephOsdName"}, {"name": "weight", "type": "CephFloat", "range": "0.0|1.0"}],
			"help": "reweight osd to 0.0 < <weight> < 1.0", "module": "osd", "perm": "rw", "flags": 0}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	cmd, args, err := table.Match([]string{"osd", "reweight", "osd.3", "1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	args["prefix"] = cmd.Prefix()
	_ = json.NewEncoder(os.Stdout).Encode(args)

	_, _, err = table.Match([]string{"osd", "reweight", "3", "2"})
	fmt.Println(err)
	_, _, err = table.Match([]string{"osd", "tre"})
	fmt.Println(err)
	fmt.Println("did you mean", table.Similar([]string{"osd", "tre"})[0])

	prefix, _ := cmdtable.PrefixOf([]string{`{"prefix": "osd tree", `, `"epoch": 4}`})
	fmt.Println(prefix, "only reads:", table.ReadOnly(prefix))
	// Output:
	// {"id":3,"prefix":"osd reweight","weight":1.0}
	// osd reweight: weight: 2 is more than 1.0
	// the monitors have no command "osd tre"
	// did you mean osd tree [<epoch:int[0-]>]
	// osd tree only reads: true
}
