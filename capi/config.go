//go:build cgo

package main

// #define _GNU_SOURCE
// #include <string.h>
// #include "front.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"github.com/libmonclient/libmonclient/capi/handle"
	"github.com/libmonclient/libmonclient/cephx"
	"github.com/libmonclient/libmonclient/monclient"
	"github.com/libmonclient/libmonclient/monclient/cephconf"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
)

// config is what a monclient_config_t means: options by name, and what no option can hold.
type config struct {
	options *cephconf.Config

	mu      sync.Mutex
	keyring *cephx.Keyring
	monmap  *cephmap.MonMap
	dialer  *dialer
	// override changes what was resolved, for tests of this library.
	override func(*monclient.Config)
}

func newConfig() *config {
	return &config{options: cephconf.New(cephconf.System{LookupEnv: lookupEnv})}
}

// snapshot is a configuration as it is when a client is made.
type snapshot struct {
	options  *cephconf.Config
	keyring  *cephx.Keyring
	monmap   *cephmap.MonMap
	dialer   *dialer // referenced
	override func(*monclient.Config)
}

func (c *config) snapshot() snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return snapshot{c.options.Clone(), c.keyring, c.monmap, c.dialer.ref(), c.override}
}

// resolve makes a client's configuration. It reads files and asks DNS.
func (s *snapshot) resolve(ctx context.Context) (monclient.Config, error) {
	cfg := monclient.Config{MonMap: s.monmap}
	if s.keyring != nil {
		secret, err := s.options.Secret("key")
		if err != nil {
			return cfg, err
		}
		if secret.IsZero() {
			if cfg.Key, err = s.keyring.Key(s.options.Name()); err != nil {
				return cfg, err
			}
		}
	}
	if err := cfg.FillFrom(ctx, s.options); err != nil {
		return cfg, err
	}
	if s.override != nil {
		s.override(&cfg)
	}
	return cfg, nil
}

// fetched takes over what the monitors have said.
func (c *config) fetched(b *monclient.Bootstrapped) {
	c.options.SetMon(b.Config) // what does not count is not the program's mistake
	c.mu.Lock()
	defer c.mu.Unlock()
	c.monmap = b.MonMap
}

//export goConfigCreate
func goConfigCreate(h *C.monclient_config_t) (rc C.int) {
	defer guard(&rc)
	*h = C.monclient_config_t(configs.Add(newConfig()))
	return C.MONCLIENT_OK
}

//export goConfigDestroy
func goConfigDestroy(h C.monclient_config_t) (rc C.int) {
	defer guard(&rc)
	c, ok := configs.Take(handle.Handle(h))
	if !ok {
		return fail(badHandle(h, "config"))
	}
	c.setDialer(nil)
	return C.MONCLIENT_OK
}

//export goConfigReadFile
func goConfigReadFile(h C.monclient_config_t, path *C.char, n C.size_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(configs, h, "config")
	if err != nil {
		return fail(err)
	}
	name, err := goText(path, n, "path")
	if err != nil {
		return fail(err)
	}
	if path != nil && name == "" {
		return fail(failure(C.MONCLIENT_EINVAL, "path is empty"))
	}
	return fail(c.options.ReadFile(name))
}

//export goConfigParseEnv
func goConfigParseEnv(h C.monclient_config_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(configs, h, "config")
	if err != nil {
		return fail(err)
	}
	return fail(c.options.ParseEnv())
}

// goConfigParseArgv writes into rest which arguments were no options, by their numbers.
//
//export goConfigParseArgv
func goConfigParseArgv(h C.monclient_config_t, argc C.int, argv **C.char, rest, nrest *C.int32_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(configs, h, "config")
	if err != nil {
		return fail(err)
	}
	args := make([]string, argc)
	for i, arg := range unsafe.Slice(argv, argc) {
		if args[i], err = goText(arg, C.strnlen(arg, C.MONCLIENT_MAX_INPUT), fmt.Sprintf("argv[%d]", i)); err != nil {
			return fail(err)
		}
	}
	remaining, err := c.options.ParseArgv(args)
	if err != nil {
		return fail(err)
	}
	out := unsafe.Slice(rest, argc)
	at := 0
	for i, word := range remaining { // they are some of args, in order
		for args[at] != word {
			at++
		}
		out[i] = C.int32_t(at)
		at++
	}
	*nrest = C.int32_t(len(remaining))
	return C.MONCLIENT_OK
}

//export goConfigSet
func goConfigSet(h C.monclient_config_t, option *C.char, optionLen C.size_t, value *C.char, valueLen C.size_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(configs, h, "config")
	if err != nil {
		return fail(err)
	}
	name, err := goText(option, optionLen, "option")
	if err != nil {
		return fail(err)
	}
	v, err := goText(value, valueLen, "value")
	if err != nil {
		return fail(err)
	}
	return fail(c.options.Set(name, v))
}

//export goConfigGet
func goConfigGet(h C.monclient_config_t, option *C.char, n C.size_t, value **C.char) (rc C.int) {
	defer guard(&rc)
	c, err := get(configs, h, "config")
	if err != nil {
		return fail(err)
	}
	name, err := goText(option, n, "option")
	if err != nil {
		return fail(err)
	}
	v, err := c.options.Get(name)
	switch {
	case errors.Is(err, cephconf.ErrSecret):
		return fail(failure(C.MONCLIENT_EACCES, "%v", err))
	case err != nil:
		return fail(err)
	}
	return fail(newText(v, value))
}

//export goConfigSetKeyring
func goConfigSetKeyring(h C.monclient_config_t, text *C.char, n C.size_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(configs, h, "config")
	if err != nil {
		return fail(err)
	}
	s, err := goText(text, n, "text")
	if err != nil {
		return fail(err)
	}
	keyring, err := cephx.ParseKeyring("keyring in memory", []byte(s))
	if err != nil {
		return fail(failure(C.MONCLIENT_EINVAL, "%v", err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keyring = keyring
	return C.MONCLIENT_OK
}

//export goConfigSetMonmap
func goConfigSetMonmap(h C.monclient_config_t, data unsafe.Pointer, n C.size_t) (rc C.int) {
	defer guard(&rc)
	c, err := get(configs, h, "config")
	if err != nil {
		return fail(err)
	}
	monmap, err := cephmap.DecodeMonMap(goBytes(data, n))
	if err != nil {
		return fail(failure(C.MONCLIENT_EPROTO, "data: %v", err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.monmap = monmap
	return C.MONCLIENT_OK
}

//export goConfigSetDialer
func goConfigSetDialer(h C.monclient_config_t, sink *C.struct_capi_sink) (rc C.int) {
	defer guard(&rc)
	c, err := get(configs, h, "config")
	if err != nil {
		C.capi_sink_release(sink)
		return fail(err)
	}
	c.setDialer(newDialer(sink))
	return C.MONCLIENT_OK
}

// setDialer takes over a reference.
func (c *config) setDialer(d *dialer) {
	c.mu.Lock()
	old := c.dialer
	c.dialer = d
	c.mu.Unlock()
	old.release() // which may call the user
}
