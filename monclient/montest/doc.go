// Package montest starts embedded Ceph monitors for tests: a quorum that speaks the real messenger and the real cephx,
// with a small, scriptable cluster behind it. Nothing of Ceph needs to be installed.
//
// In memory, which is the default, it uses no sockets and works inside testing/synctest; over TCP any client may come,
// the ceph tool and librados included. It is the other end of the wire, made by the same hands as the client: that the two
// agree proves nothing, which is why this module's tests let Ceph's own clients judge it.
//
// What real clusters suffer, a test does to this one, and clients see what they would see there:
//
//   - a process: Mon.Kill (kill -9), Freeze (SIGSTOP), Start, Thaw;
//   - a network: BlackHole (packets vanish in both directions), ResetAfter, CorruptByte, Delay, SlowRead, Refuse, Silence,
//     DropClients;
//   - the quorum: Mon.LeaveQuorum and JoinQuorum for one, LoseQuorum and RegainQuorum for all;
//   - the monmap: RemoveMon, AddMon, MoveMon, UpdateMonMap;
//   - authentication: SetTicketTTL, ExpireTickets, WipeServiceKeys, RotateKey, the commands "auth rotate" and "auth
//     get-or-create-pending", RejectReclaim.
//
// With Options.Mgrs there are managers as well, to which clients come with tickets of the monitors: Mgr.Kill, Freeze, Start, and
// the faults of networks; FailMgr has them change places, and HandleMgrCommand answers for them. They have a few commands of
// their own, "pg stat", "balancer status" and "tell" for "version" and "config show" among them.
//
// Mon.Heal ends what is wrong with a monitor's connections. How often a command was executed the monitors know best: each
// "log" that they execute is one of LogEntries.
//
// Some things are simpler than in a real quorum, which takes seconds over an election, has a reserve of ids for new
// clients when it is lost, and finds out some time later that one of its own is frozen. Here all monitors share one state
// and an election takes no time; a monitor out of quorum has the newest maps for who asks, though it sends none by itself;
// and a pending key is made the entity's by "auth commit-pending", not by its first use.
//
// It knows nothing of package monclient, which its users test against it:
//
//	mons := montest.Start(t, montest.Options{Mons: 3})
//	client, err := monclient.Connect(ctx, monclient.Config{MonMap: mons.MonMap(), Key: mons.Key("client.admin"), Dial: mons.Dial})
package montest
