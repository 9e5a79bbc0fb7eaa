// Package cmdtable is the monitors' own table of commands: what they answer to the command get_command_descriptions.
//
// It parses the table (Parse), finds the command that words stand for and gives its arguments their types (Table.Match),
// says which commands are like words that stand for none (Table.Similar), which there are (Table.Find), what may come next
// (Table.Complete), and which commands only read (Table.ReadOnly). PrefixOf finds out which command of the table a command in JSON is.
//
// It knows no connection and asks nobody: who has the answer of a monitor, hands it in. It does not print either; what
// it says about wrong words is in errors with the command in them. It imports nothing of this module. Package monclient
// and programs that take commands in words call it.
//
// Tables come from the network. Parse bounds what one may cost, whatever is in it.
package cmdtable
