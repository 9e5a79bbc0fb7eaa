package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

func Example() {
	code := run(context.Background(), env{
		stdin: strings.NewReader(""), stdout: os.Stdout, stderr: os.Stdout,
		lookupEnv: func(string) (string, bool) { return "", false }, now: time.Now,
	}, []string{"get-version", "pgmap"})
	fmt.Println("exit code", code)
	// Output:
	// monc: get-version: "pgmap" is none of osdmap, monmap, fsmap, mdsmap
	//   try: monc get-version osdmap
	// exit code 2
}
