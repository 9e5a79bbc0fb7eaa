package montest_test

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/libmonclient/libmonclient/denc"
	"github.com/libmonclient/libmonclient/monclient/cephmap"
	"github.com/libmonclient/libmonclient/monclient/monmsg"
	"github.com/libmonclient/libmonclient/monclient/montest"
)

// TestPoolOperations has what monclient does not send, too.
func TestPoolOperations(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		c.SetConfig("mon", "mon_allow_pool_delete", "true")
		conn := rawClient(t, c, denc.FeaturesAll)
		fsid := c.MonMap().FSID
		do := func(m monmsg.MPoolOp) *monmsg.MPoolOpReply {
			t.Helper()
			if m.FSID == ([16]byte{}) {
				m.FSID = fsid
			}
			sendTo(t, conn, &m)
			reply, ok := receiveFrom(t, conn).(*monmsg.MPoolOpReply)
			require.True(t, ok)
			require.EqualValues(t, reply.Version, reply.Epoch)
			return reply
		}
		create := monmsg.MPoolOp{Op: monmsg.PoolOpCreate, Name: "data", CRUSHRule: monmsg.DefaultCRUSHRule}
		first := do(create)
		require.Zero(t, first.Code)
		require.Equal(t, first, do(create), "it is there, and nothing has changed")
		other := create
		other.FSID[0]++
		require.EqualValues(t, -22, do(other).Code)
		create.Name = ""
		require.EqualValues(t, -22, do(create).Code)
		create.Name, create.CRUSHRule = "x", 9
		require.EqualValues(t, -2, do(create).Code)

		same := do(monmsg.MPoolOp{Op: monmsg.PoolOpDelete, Pool: 1, Name: "data"})
		require.Zero(t, same.Code)
		require.Equal(t, first.Epoch, same.Epoch, "a name that a pool has protects it")
		require.Zero(t, do(monmsg.MPoolOp{Op: monmsg.PoolOpDelete, Pool: 99}).Code)
		require.EqualValues(t, -2, do(monmsg.MPoolOp{Op: monmsg.PoolOpCreateSnap, Pool: 99, Name: "s"}).Code)
		require.Equal(t, first.Epoch+1, do(monmsg.MPoolOp{Op: monmsg.PoolOpDelete, Pool: 1, Name: "delete"}).Epoch)

		sendTo(t, conn, &monmsg.MPoolOp{FSID: fsid, Op: 0x55})
		_, err := conn.Receive()
		require.ErrorIs(t, err, io.EOF, "a real monitor would be dead")
	})
}

func TestStatistics(t *testing.T) {
	bubble(t, montest.Options{}, func(t *testing.T, c *montest.Cluster) {
		c.SetUsage(montest.Usage{KB: 3000, KBUsed: 300, KBAvail: 2700, Objects: 2, ObjectSize: 1 << 20})
		conn := rawClient(t, c, denc.FeaturesAll)
		fsid := c.MonMap().FSID
		sendTo(t, conn, &monmsg.MPoolOp{FSID: fsid, Op: monmsg.PoolOpCreate, Name: "data", CRUSHRule: monmsg.DefaultCRUSHRule})
		receiveFrom(t, conn)

		// Neither has an answer.
		sendTo(t, conn, &monmsg.MStatfs{FSID: fsid, HasPool: true, Pool: 99})
		sendTo(t, conn, &monmsg.MGetPoolStats{Pools: []string{"data"}})
		<-time.After(time.Second)

		sendTo(t, conn, &monmsg.MStatfs{FSID: fsid})
		require.Equal(t, &monmsg.MStatfsReply{FSID: fsid, Version: 2, KB: 3000, KBUsed: 300, KBAvail: 2700, Objects: 2}, receiveFrom(t, conn))
		sendTo(t, conn, &monmsg.MGetPoolStats{FSID: fsid, Pools: []string{"data", "nope"}})
		reply, ok := receiveFrom(t, conn).(*monmsg.MGetPoolStatsReply)
		require.True(t, ok)
		require.Len(t, reply.Stats, 1)
		stat, err := cephmap.DecodePoolStat(reply.Stats["data"])
		require.NoError(t, err)
		require.EqualValues(t, 2<<20, stat.Sum.Bytes)
	})
}
