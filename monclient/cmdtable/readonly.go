package cmdtable

import "strings"

// ReadOnly reports whether the table says of a command that it only reads, so that it may be sent twice, or to a
// monitor more: it has the prefix, and every command of that prefix needs the permission "r" and no other, and is the
// monitors' own. "x" is how commands about keys are marked, and may change things. For the commands of the manager's
// modules (FlagMgr) the permission says what of the cluster's they may touch, not that they are idle: some that need only
// "r" send mail, or cancel a task (src/pybind/mgr). So none of them counts.
//
// The prefix is that of the command in JSON, such as "osd tree", and is compared as it is.
func (t *Table) ReadOnly(prefix string) bool { return t != nil && t.readOnly[prefix] }

// addReadOnly takes a command into account.
func (t *Table) addReadOnly(cmd *Command) {
	prefix := cmd.Prefix()
	reads := cmd.Perm != "" && strings.Trim(cmd.Perm, "r") == "" && !cmd.Flags.Has(FlagMgr)
	if before, ok := t.readOnly[prefix]; ok {
		reads = reads && before
	}
	t.readOnly[prefix] = reads
}
