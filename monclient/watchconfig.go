package monclient

import (
	"maps"
	"slices"

	"github.com/libmonclient/libmonclient/monclient/monmsg"
)

// ConfigChange is the configuration that the monitors keep for this client.
type ConfigChange struct {
	Options map[string]string `json:"options"` // all that are set
	// Changed and Removed name the options that are new, have another value, or are gone, since the event before, in order.
	Changed []string `json:"changed"`
	Removed []string `json:"removed"`
}

// WatchConfig follows the configuration that the monitors keep for this client's entity. The first event has all of it, and
// later ones come when it has changed.
func (c *Client) WatchConfig(o WatchOptions) (*Watch[ConfigChange], error) {
	return watch(c, "config", o, configReader())
}

// configReader returns a reader that compares each configuration with the one before.
func configReader() reader[ConfigChange] {
	var before map[string]string // nil: there was none
	return func(m MapEvent) ([]WatchEvent[ConfigChange], error) {
		message, ok := m.Message.(*monmsg.MConfig)
		if !ok {
			return nil, nil
		}
		change := ConfigChange{Options: message.Options, Changed: []string{}, Removed: []string{}} // not null
		if change.Options == nil {
			change.Options = map[string]string{}
		}
		for _, name := range slices.Sorted(maps.Keys(change.Options)) {
			if v, had := before[name]; !had || v != change.Options[name] {
				change.Changed = append(change.Changed, name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(before)) {
			if _, has := change.Options[name]; !has {
				change.Removed = append(change.Removed, name)
			}
		}
		if before != nil && len(change.Changed)+len(change.Removed) == 0 {
			return nil, nil // every session begins with all of it
		}
		before = change.Options
		return []WatchEvent[ConfigChange]{{Value: change, Full: true, Synced: true}}, nil
	}
}
