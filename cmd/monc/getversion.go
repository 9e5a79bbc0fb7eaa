package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/libmonclient/libmonclient/monclient"
)

// checkFormat refuses formats that only the monitors can make.
func (a *app) checkFormat() error {
	if own := formats[:3]; a.format != "" && !slices.Contains(own, a.format) {
		return &usageError{msg: fmt.Sprintf("%s: --format %s: it knows %s", a.cmd.name, a.format, strings.Join(own, ", "))}
	}
	return nil
}

// marshal returns v as -f asks for, with a newline.
func (a *app) marshal(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if a.format == "json-pretty" {
		b, err = json.MarshalIndent(v, "", "    ")
	}
	return append(b, '\n'), err
}

func (a *app) runGetVersion(ctx context.Context, words []string) error {
	what := words[0]
	if !slices.Contains(versioned, what) {
		return &usageError{msg: "get-version: " + oneOf(what, versioned).Error(), try: "monc get-version osdmap"}
	}
	if err := a.checkFormat(); err != nil {
		return err
	}
	return a.withClient(ctx, func(client *monclient.Client) error {
		stop := a.patience("the versions of " + what + "; monitors without a quorum do not answer")
		newest, oldest, err := client.Version(ctx, what)
		stop()
		if err != nil {
			return a.explainLost("get-version "+what, err)
		}
		if !strings.HasPrefix(a.format, "json") {
			return a.print(fmt.Sprintf("%d %d\n", newest, oldest))
		}
		b, err := a.marshal(struct {
			What   string `json:"what"`
			Newest uint64 `json:"newest"`
			Oldest uint64 `json:"oldest"`
		}{what, newest, oldest})
		if err != nil {
			return err
		}
		return a.print(string(b))
	})
}
