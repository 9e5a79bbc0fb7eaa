package main

import (
	"context"
	"strings"

	"github.com/libmonclient/libmonclient/monclient"
)

func (a *app) runMonMap(ctx context.Context, _ []string) error {
	if err := a.checkFormat(); err != nil {
		return err
	}
	switch {
	case a.out != "" && a.format != "":
		return &usageError{msg: "monmap: --out writes the binary map, it does not go with --format", try: "monc monmap -f json > FILE"}
	case a.out == "-" && a.stdoutTerminal:
		return &usageError{msg: "monmap: not writing the binary map to a terminal", try: "monc monmap --out FILE"}
	}
	return a.withClient(ctx, func(client *monclient.Client) error {
		m := client.MonMap()
		switch {
		case a.out != "":
			return a.writeOutput(m.AppendTo(nil))
		case strings.HasPrefix(a.format, "json"):
			b, err := a.marshal(m)
			if err != nil {
				return err
			}
			return a.print(string(b))
		}
		return a.print(m.Text())
	})
}
