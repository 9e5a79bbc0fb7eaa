//go:build !linux

package realceph

import "errors"

type side bool

const (
	outside side = false
	inside  side = true
)

func (n *network) run(side, string) error { return errors.ErrUnsupported }
func enterNetwork() error                 { return errors.ErrUnsupported }
func onMainThread() bool                  { return false }
func mayMakeNetworks() bool               { return false }
func inUserNamespace() int                { return 1 }
func loopbackUp() error                   { return errors.ErrUnsupported }

const withinEnv = "REALCEPH_USER_NAMESPACE"
