package main

import "math"

// scenario is what both sides are made to do.
type scenario struct {
	Name    string `json:"name"`
	Text    string `json:"text"` // for people
	Connect bool   `json:"connect"`
	Callers int    `json:"callers"`
	Command string `json:"command"`
	N       int    `json:"n"`
}

// scenarios are sized to take half a second each: many short rounds tell more on a busy machine than a few long ones.
var scenarios = []scenario{
	{Name: "small", Text: "a command with a small output", Callers: 1, Command: `{"prefix":"fsid"}`, N: 2000},
	{Name: "large", Text: "a command with a large output", Callers: 1, Command: `{"prefix":"get_command_descriptions"}`, N: 300},
	{Name: "callers", Text: "16 callers, small outputs", Callers: 16, Command: `{"prefix":"fsid"}`, N: 8000},
	{Name: "connect", Text: "connect, a command, close", Connect: true, Callers: 1, Command: `{"prefix":"fsid"}`, N: 20},
}

// load is a scenario in one mode.
type load struct {
	scenario
	Mode string `json:"mode"`
}

// loads returns what the settings ask for.
func (s settings) loads() []load {
	var all []load
	for _, mode := range s.modes {
		for _, sc := range scenarios {
			if s.scenarios.MatchString(sc.Name) {
				sc.N = max(1, int(math.Round(float64(sc.N)*s.scale)))
				all = append(all, load{sc, mode})
			}
		}
	}
	return all
}
