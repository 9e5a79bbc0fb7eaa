package realceph

import "fmt"

// BlackHole has everything dropped between a monitor and its clients outside of the cluster's network, without a word to
// either: what is sent is never acknowledged, what is dialled never answers. The monitor stays in quorum. It needs
// Options.Network.
func (c *Cluster) BlackHole(name string) error {
	s, err := c.link(name)
	if err != nil {
		return err
	}
	return c.network.cut(s)
}

// Heal ends a black hole. The connections that there were go on.
func (c *Cluster) Heal(name string) error {
	s, err := c.link(name)
	if err != nil {
		return err
	}
	return c.network.mend(s)
}

// link returns where a monitor is connected.
func (c *Cluster) link(name string) (slot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.mon(name); err != nil {
		return slot{}, err
	}
	s, ok := c.links[name]
	if !ok {
		return slot{}, fmt.Errorf("realceph: mon.%s has no link of its own: Options.Network is not set", name)
	}
	return s, nil
}
