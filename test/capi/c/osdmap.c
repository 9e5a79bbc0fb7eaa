/* The map of the OSDs: the newest one, those that events bring, and what is asked of them. */
#include <limits.h>

#include "check.h"

static monclient_osdmap_t map_none; /* where none is to come */

/* ---- Files ---- */

/* read_map reads an encoded map of a real cluster. */
static unsigned char *read_map(const char *name, size_t *len)
{
	const char *dir = getenv("MONCLIENT_TEST_OSDMAPS");
	unsigned char *data;
	char path[4096];
	FILE *f;

	if (!dir)
		FAIL("MONCLIENT_TEST_OSDMAPS is not set");
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	if (!f)
		FAIL("%s: %s", path, strerror(errno));
	data = malloc(1 << 20);
	CHECK(data);
	*len = fread(data, 1, 1 << 20, f);
	CHECK(*len > 0 && *len < 1 << 20);
	fclose(f);
	return data;
}

/* decode_file gives the map of a file. */
static monclient_osdmap_t decode_file(const char *name)
{
	size_t len;
	unsigned char *data = read_map(name, &len);
	monclient_osdmap_t map;

	CHECK_OK(monclient_osdmap_decode(data, len, &map));
	memset(data, 0xee, len); /* it is not retained */
	free(data);
	return map;
}

/* TEXT compares what a function of a map gives. */
#define TEXT(call, want)             \
	do {                         \
		char *text = NULL;   \
		CHECK_OK(call);      \
		CHECK_STR(text, want); \
		monclient_free(text); \
	} while (0)

/* MEMBER compares a member of the JSON that a function gives. */
#define MEMBER(call, path, want)     \
	do {                         \
		char *text = NULL;   \
		CHECK_OK(call);      \
		CHECK_JSON(text, path, want); \
		monclient_free(text); \
	} while (0)

static uint64_t epoch_of(monclient_osdmap_t map)
{
	uint64_t epoch;

	CHECK_OK(monclient_osdmap_epoch(map, &epoch));
	return epoch;
}

/* What a map of a cluster of Reef says, which has a destroyed OSD and no osd.4. */
static void lookups(void)
{
	monclient_osdmap_t map = decode_file("osdmap-e102.bin");
	char fsid[MONCLIENT_FSID_SIZE];
	int64_t id = 9;
	int32_t max;

	CHECK_UINT(map & 0xff, MONCLIENT_KIND_OSDMAP);
	CHECK_UINT(counters().osdmaps, 1);
	CHECK_UINT(epoch_of(map), 102);
	CHECK_OK(monclient_osdmap_fsid(map, fsid, sizeof(fsid)));
	CHECK_STR(fsid, "1fd3f76c-9c6d-4ff1-85e4-7be063621d19");
	TEXT(monclient_osdmap_flags(map, &text), "noout,sortbitwise,recovery_deletes,purged_snapdirs,pglog_hardlimit");
	TEXT(monclient_osdmap_pools(map, &text),
	     "[{\"id\":1,\"name\":\"rep\"},{\"id\":2,\"name\":\"ec\"},{\"id\":4,\"name\":\"cache\"},{\"id\":5,\"name\":\".mgr\"}]");
	CHECK_OK(monclient_osdmap_pool_id(map, "cache", &id));
	CHECK_INT(id, 4);
	CHECK_ERROR(monclient_osdmap_pool_id(map, "nosuchpool", &id), MONCLIENT_ENOENT, "nosuchpool");
	CHECK_INT(id, 0);
	CHECK_STATUS(monclient_osdmap_pool_id(map, "", &id), MONCLIENT_ENOENT);
	TEXT(monclient_osdmap_pool_name(map, 5, &text), ".mgr");
	MEMBER(monclient_osdmap_pool_json(map, 2, &text), "pool_name", "ec");
	MEMBER(monclient_osdmap_pool_json(map, 1, &text), "size", "2");
	MEMBER(monclient_osdmap_json(map, &text), "pools/2/pool_name", "cache");
	MEMBER(monclient_osdmap_json(map, &text), "flags_set/0", "noout");
	CHECK_OK(monclient_osdmap_release(map));
	CHECK_UINT(counters().osdmaps, 0);
	max = 7;
	CHECK_ERROR(monclient_osdmap_max_osd(map, &max), MONCLIENT_EBADHANDLE, "osdmap");
	CHECK_INT(max, 0);
}

static void osds(void)
{
	static const struct {
		int up, in;
		uint32_t weight;
	} want[] = {{1, 1, 65536}, {1, 1, 52428}, {1, 1, 65536}, {0, 1, 65536}};
	static const int32_t bad[] = {4, 5, -1, INT32_MAX, INT32_MIN};
	monclient_osdmap_t map = decode_file("osdmap-e102.bin");
	int up, in;
	uint32_t weight;
	int32_t max, i;

	CHECK_OK(monclient_osdmap_max_osd(map, &max));
	CHECK_INT(max, 5);
	for (i = 0; i < (int32_t)COUNT(want); i++) {
		up = in = 9;
		weight = 9;
		CHECK_OK(monclient_osdmap_osd_state(map, i, &up, &in, &weight));
		CHECK_INT(up, want[i].up);
		CHECK_INT(in, want[i].in);
		CHECK_UINT(weight, want[i].weight);
		CHECK_OK(monclient_osdmap_osd_state(map, i, NULL, NULL, NULL));
	}
	MEMBER(monclient_osdmap_osd_json(map, 1, &text), "public_addrs/addrvec/1/addr", "127.0.0.1:6809");
	MEMBER(monclient_osdmap_osd_json(map, 3, &text), "state/0", "destroyed");
	MEMBER(monclient_osdmap_osds(map, &text), "3/osd", "3");
	MEMBER(monclient_osdmap_json(map, &text), "osds/1/weight", "0.79998779296875");
	for (i = 0; i < (int32_t)COUNT(bad); i++) {
		char name[32], *text = (char *)1;

		snprintf(name, sizeof(name), "osdmap 102 has no osd.%d", bad[i]);
		up = in = 9;
		weight = 9;
		CHECK_ERROR(monclient_osdmap_osd_state(map, bad[i], &up, &in, &weight), MONCLIENT_ENOENT, name);
		CHECK(up == 0 && in == 0 && weight == 0);
		CHECK_ERROR(monclient_osdmap_osd_json(map, bad[i], &text), MONCLIENT_ENOENT, name);
		CHECK(!text);
		CHECK_ERROR(monclient_osdmap_pool_name(map, bad[i] == 4 || bad[i] == 5 ? 3 : bad[i], &text), MONCLIENT_ENOENT, "osdmap 102 has no pool");
		CHECK(!text);
		CHECK_STATUS(monclient_osdmap_pool_json(map, bad[i] == 4 || bad[i] == 5 ? 3 : bad[i], &text), MONCLIENT_ENOENT);
		CHECK(!text);
	}
	CHECK_OK(monclient_osdmap_release(map));
}

/* A map is encoded as it came, and every part of it that is cut off is missed. */
static void encoded(void)
{
	size_t len, n, i;
	unsigned char *data = read_map("osdmap-e102.bin", &len);
	monclient_osdmap_t map;
	void *again;

	CHECK_OK(monclient_osdmap_decode(data, len, &map));
	CHECK_OK(monclient_osdmap_encode(map, &again, &n));
	CHECK_UINT(n, len);
	CHECK(memcmp(data, again, n) == 0);
	monclient_free(again);
	CHECK_OK(monclient_osdmap_release(map));
	for (i = 0; i < len; i += 1 + len / (size_t)loops(300)) {
		map = 1;
		CHECK_ERROR(monclient_osdmap_decode(data, i, &map), MONCLIENT_EPROTO, "data");
		CHECK_UINT(map, 0);
	}
	data[len / 2] ^= 1; /* which the crc tells */
	CHECK_STATUS(monclient_osdmap_decode(data, len, &map), MONCLIENT_EPROTO);
	free(data);
}

static void differences(void)
{
	monclient_osdmap_t old = decode_file("osdmap-e19.bin"), next = decode_file("osdmap-e102.bin");
	char *text = NULL;

	TEXT(monclient_osdmap_diff(next, next, &text), "[]");
	CHECK_OK(monclient_osdmap_diff(old, next, &text));
	CHECK_JSON(text, "0/kind", "cluster_changed");
	CHECK_HAS(text, "\"kind\":\"flag_set\",\"name\":\"noout\"");
	CHECK_HAS(text, "\"kind\":\"pool_created\",\"pool\":4,\"pool_name\":\"cache\"");
	CHECK_HAS(text, "\"text\":\"osd.2 ");
	monclient_free(text);
	CHECK_OK(monclient_osdmap_diff(next, old, &text));
	CHECK_HAS(text, "\"kind\":\"osd_removed\",\"osd\":3");
	monclient_free(text);
	text = (char *)1;
	CHECK_ERROR(monclient_osdmap_diff(0, next, &text), MONCLIENT_EBADHANDLE, "old");
	CHECK(!text);
	CHECK_OK(monclient_osdmap_release(old));
	CHECK_ERROR(monclient_osdmap_diff(next, old, &text), MONCLIENT_EBADHANDLE, "next: osdmap: there is no handle");
	CHECK_ERROR(monclient_osdmap_diff(next, next, NULL), MONCLIENT_EINVAL, "json is NULL");
	CHECK_OK(monclient_osdmap_release(next));
}

/* ---- A client ---- */

static void set_flag(struct world *w, const char *verb, const char *flag)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "{\"prefix\": \"osd %s\", \"key\": \"%s\"}", verb, flag);
	monclient_reply_free(command_ok(w->client, cmd));
}

static uint64_t newest_epoch(struct world *w)
{
	uint64_t newest;

	CHECK_OK(monclient_get_version(w->client, "osdmap", 0, &newest, NULL));
	return newest;
}

/* result_map waits for an answer, and takes its map. */
static monclient_osdmap_t result_map(monclient_queue_t queue, uint64_t epoch)
{
	monclient_event_t *e = queue_take(queue);
	monclient_osdmap_t map;

	CHECK_INT(e->status, MONCLIENT_OK);
	CHECK_UINT(e->type, MONCLIENT_EVENT_RESULT);
	CHECK_UINT(e->flags, MONCLIENT_EVENT_LAST);
	CHECK_UINT(e->epoch, epoch);
	CHECK(!e->data && !e->data_len);
	CHECK_OK(monclient_event_osdmap(e, &map));
	monclient_event_free(e);
	CHECK_UINT(epoch_of(map), epoch);
	return map;
}

static void newest(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_osdmap_t first, map;
	char a[MONCLIENT_FSID_SIZE], b[MONCLIENT_FSID_SIZE];

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_osdmap(w.client, 0, &first));
	CHECK_UINT(epoch_of(first), newest_epoch(&w));
	set_flag(&w, "set", "noout");
	CHECK_OK(monclient_osdmap(w.client, MONCLIENT_FOREVER, &map));
	CHECK_UINT(epoch_of(map), epoch_of(first) + 1);
	MEMBER(monclient_osdmap_diff(first, map, &text), "0/text", "noout set");
	CHECK_OK(monclient_osdmap_release(map));
	set_flag(&w, "unset", "noout");
	CHECK_OK(monclient_osdmap_async(w.client, 0, &sink, NULL));
	map = result_map(queue, epoch_of(first) + 2);
	TEXT(monclient_osdmap_diff(first, map, &text), "[]");
	/* Maps outlive their client. */
	CHECK_OK(monclient_fsid(w.client, a, sizeof(a)));
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
	CHECK_OK(monclient_osdmap_fsid(map, b, sizeof(b)));
	CHECK_STR(a, b);
	CHECK_OK(monclient_osdmap_release(map));
	CHECK_OK(monclient_osdmap_release(first));
	CHECK_STATUS(monclient_osdmap_release(first), MONCLIENT_EBADHANDLE);
}

/* What waits for a frozen quorum is canceled, times out, or ends with the client; and what nobody takes is released. */
static void ends(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_op_t op;
	monclient_event_t *e;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	world_do(&w, "freeze a");
	CHECK_OK(monclient_osdmap_async(w.client, MONCLIENT_FOREVER, &sink, &op));
	CHECK_OK(monclient_op_cancel(op));
	e = queue_take(queue);
	CHECK_INT(e->status, MONCLIENT_ECANCELED);
	CHECK_ERROR(monclient_event_osdmap(e, &map_none), MONCLIENT_ENOENT, "no osdmap");
	monclient_event_free(e);
	CHECK_STATUS(monclient_osdmap(w.client, 20, &map_none), MONCLIENT_ETIMEDOUT);
	CHECK_OK(monclient_osdmap_async(w.client, MONCLIENT_FOREVER, &sink, NULL));
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	e = queue_take(queue);
	CHECK_INT(e->status, MONCLIENT_ECLOSED);
	monclient_event_free(e);
	world_do(&w, "thaw a");
	world_connect(&w);
	CHECK_OK(monclient_osdmap_async(w.client, 0, &sink, NULL));
	CHECK_OK(monclient_osdmap_async(w.client, 0, &sink, NULL));
	monclient_event_free(queue_take(queue));
	CHECK_OK(monclient_queue_destroy(queue));
	CHECK(!map_none);
	world_end(&w);
}

/* ---- Subscriptions ---- */

/* next_value waits for the next value, of an epoch. */
static monclient_event_t *next_value(monclient_queue_t queue, uint64_t epoch)
{
	monclient_event_t *e = queue_take(queue);
	char number[32];

	CHECK_INT(e->status, MONCLIENT_OK);
	CHECK_UINT(e->type, MONCLIENT_EVENT_MAP);
	CHECK(e->flags & MONCLIENT_EVENT_JSON);
	CHECK_UINT(e->epoch, epoch);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)epoch);
	CHECK_JSON(e->data, "epoch", number);
	CHECK_JSON(e->data, "full", e->flags & MONCLIENT_EVENT_FULL ? "true" : "false");
	return e;
}

/* Every event has the whole map, and what has changed since the one before. */
static void values(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_sub_t sub, other;
	monclient_event_t *e, *first;
	monclient_osdmap_t map, last;
	uint64_t epoch;
	char *text;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	epoch = newest_epoch(&w);
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 0, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub));
	first = next_value(queue, epoch);
	CHECK_HAS((const char *)first->data, "\"changes\":[]");
	CHECK(first->flags & MONCLIENT_EVENT_FULL);
	set_flag(&w, "set", "noout");
	e = next_value(queue, epoch + 1);
	CHECK_JSON(e->data, "changes/0/kind", "flag_set");
	CHECK_JSON(e->data, "changes/0/text", "noout set");
	text = json_get(e->data, "modified");
	CHECK(text);
	free(text);
	/* The map of an event, for good; and that of the subscription. */
	CHECK_OK(monclient_event_osdmap(first, &map));
	CHECK_UINT(epoch_of(map), epoch);
	CHECK_OK(monclient_osdmap_release(map));
	CHECK_OK(monclient_event_osdmap(e, &map));
	CHECK_UINT(epoch_of(map), epoch + 1);
	CHECK_OK(monclient_sub_osdmap(sub, &last));
	CHECK(last != map);
	CHECK_UINT(epoch_of(last), epoch + 1);
	CHECK_OK(monclient_osdmap_release(map));
	CHECK_OK(monclient_osdmap_release(last));
	monclient_event_free(first);
	monclient_event_free(e);
	/* Others bring none. */
	CHECK_OK(monclient_subscribe(w.client, "monmap", 0, MONCLIENT_SUBSCRIBE_VALUES, &sink, &other));
	e = queue_take(queue);
	CHECK_STR(e->what, "monmap");
	CHECK_ERROR(monclient_event_osdmap(e, &map_none), MONCLIENT_ENOENT, "no osdmap");
	CHECK_ERROR(monclient_sub_osdmap(other, &map_none), MONCLIENT_EINVAL, "monmap");
	monclient_event_free(e);
	CHECK_OK(monclient_unsubscribe(other));
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 0, 0, &sink, &other));
	CHECK_ERROR(monclient_sub_osdmap(other, &map_none), MONCLIENT_EINVAL, "MONCLIENT_SUBSCRIBE_VALUES");
	CHECK_OK(monclient_unsubscribe(other));
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_STATUS(monclient_sub_osdmap(sub, &map_none), MONCLIENT_EBADHANDLE);
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* The newest waits, and says what has changed since the one that was taken before it, however many there were. */
static void latest(void)
{
	struct world w;
	monclient_queue_t queue, slow_queue;
	monclient_sink_t sink;
	monclient_sub_t sub, slow_sub;
	monclient_osdmap_t map;
	monclient_event_t *e;
	uint64_t epoch, i;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	CHECK_OK(monclient_queue_create(&slow_queue));
	epoch = newest_epoch(&w);
	sink = queue_sink(slow_queue, NULL);
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 0, MONCLIENT_SUBSCRIBE_VALUES | MONCLIENT_SUBSCRIBE_LATEST, &sink, &slow_sub));
	monclient_event_free(next_value(slow_queue, epoch));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 0, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub));
	monclient_event_free(next_value(queue, epoch));
	set_flag(&w, "set", "noout");
	set_flag(&w, "set", "noscrub");
	set_flag(&w, "unset", "noout");
	for (i = 1; i <= 3; i++)
		monclient_event_free(next_value(queue, epoch + i));
	/* What the other one has by now nobody knows, but not how many there were. */
	for (i = 0; i < 3;) {
		e = queue_take(slow_queue);
		i += 1 + e->missed;
		CHECK_UINT(e->epoch, epoch + i);
		if (i == 3 && e->missed == 2) {
			CHECK_JSON(e->data, "changes/0/text", "noscrub set");
			CHECK(!json_get(e->data, "changes/1"));
		}
		monclient_event_free(e);
	}
	CHECK_OK(monclient_sub_osdmap(slow_sub, &map));
	CHECK_UINT(epoch_of(map), epoch + 3);
	CHECK_OK(monclient_osdmap_release(map));
	CHECK_OK(monclient_unsubscribe(slow_sub));
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_ERROR(monclient_subscribe(w.client, "osdmap", 0, MONCLIENT_SUBSCRIBE_LATEST, &sink, &sub), MONCLIENT_EINVAL, "osdmap");
	CHECK_ERROR(monclient_subscribe(w.client, "osdmap", 0, MONCLIENT_SUBSCRIBE_VALUES | MONCLIENT_SUBSCRIBE_ONETIME, &sink, &sub),
	            MONCLIENT_EINVAL, "ONETIME");
	CHECK_OK(monclient_queue_destroy(slow_queue));
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* Nothing is lost when the oldest are dropped. */
static void dropped(void)
{
	const uint64_t maps = slow() ? 20 : 1100;
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_sub_t sub;
	monclient_event_t *e;
	uint64_t epoch, first, i;

	world_open(&w, 1);
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	first = epoch = newest_epoch(&w);
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 0, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub));
	monclient_event_free(next_value(queue, epoch));
	CHECK_ERROR(monclient_osdmap_release(sub), MONCLIENT_EBADHANDLE, "subscription");
	set_flag(&w, "set", "noout");
	for (i = 1; i < maps; i++)
		world_do(&w, "osdmap");
	CHECK_OK(monclient_wait_for_map(w.client, "osdmap", first + maps, 0, NULL));
	status_ok(w.client);
	while (epoch < first + maps) {
		bool begins = epoch == first;

		e = queue_take(queue);
		CHECK_INT(e->status, MONCLIENT_OK);
		CHECK_UINT(e->epoch, epoch + 1 + e->missed);
		epoch = e->epoch;
		if (begins)
			CHECK_JSON(e->data, "changes/0/text", "noout set");
		else
			CHECK_HAS((const char *)e->data, "\"changes\":[]");
		monclient_event_free(e);
	}
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* in_callback asks for maps where it must not wait. */
static void in_callback(const monclient_event_t *event, struct recorder *r)
{
	struct world *w = r->context;
	monclient_osdmap_t map, same;

	if (event->flags & MONCLIENT_EVENT_LAST)
		return;
	CHECK_STATUS(monclient_osdmap(w->client, 0, &map), MONCLIENT_EDEADLK);
	CHECK_UINT(map, 0);
	CHECK_OK(monclient_event_osdmap(event, &map));
	CHECK_OK(monclient_sub_osdmap(event->source, &same)); /* no other event is taken meanwhile */
	CHECK_UINT(epoch_of(map), event->epoch);
	CHECK_UINT(epoch_of(same), event->epoch);
	CHECK_OK(monclient_osdmap_release(map));
	CHECK_OK(monclient_osdmap_release(same));
}

static void callbacks(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t sink;
	monclient_sub_t sub;
	uint64_t epoch, i;

	world_open(&w, 1);
	epoch = newest_epoch(&w);
	recorder_init(&r);
	r.hook = in_callback;
	r.context = &w;
	sink = recorder_sink(&r);
	CHECK_OK(monclient_subscribe(w.client, "osdmap", 0, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub));
	for (i = 0; i < 4; i++) {
		const monclient_event_t *e = recorder_wait(&r, i);

		CHECK_UINT(e->epoch, epoch + i);
		if (i > 0)
			CHECK_JSON(e->data, "changes/0/name", "noout");
		set_flag(&w, i % 2 ? "unset" : "set", "noout");
	}
	/* Closing ends it, after all that was there. */
	CHECK_OK(monclient_close(w.client));
	w.client = 0;
	i = recorder_count(&r) - 1;
	CHECK_UINT(recorder_wait(&r, i)->flags, MONCLIENT_EVENT_LAST);
	CHECK_INT(recorder_wait(&r, i)->status, MONCLIENT_ECLOSED);
	CHECK_STATUS(monclient_unsubscribe(sub), MONCLIENT_EBADHANDLE);
	recorder_end(&r);
	world_end(&w);
}

/* Subscriptions end while maps are being decoded. */
static void at_once(void)
{
	struct world w;
	int i;

	world_open(&w, 1);
	for (i = 0; i < loops(200); i++) {
		struct recorder r;
		monclient_sink_t sink;
		monclient_sub_t sub;

		recorder_init(&r);
		sink = recorder_sink(&r);
		CHECK_OK(monclient_subscribe(w.client, "osdmap", i % 3 ? 0 : 1, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub));
		if (i % 2)
			world_do(&w, "osdmap");
		if (i % 5 == 0)
			recorder_wait(&r, 0);
		CHECK_OK(monclient_unsubscribe(sub));
		recorder_end(&r);
	}
	world_end(&w);
}

/* From an epoch on, and across sessions, without a gap. */
static void from_an_epoch_on(void)
{
	struct world w;
	monclient_queue_t queue;
	monclient_sink_t sink;
	monclient_sub_t sub;
	monclient_event_t *e;
	uint64_t epoch, i;

	world_open(&w, 3);
	epoch = newest_epoch(&w);
	set_flag(&w, "set", "noout");
	set_flag(&w, "set", "noscrub");
	CHECK_OK(monclient_queue_create(&queue));
	sink = queue_sink(queue, NULL);
	CHECK_OK(monclient_subscribe(w.client, "osdmap", epoch + 1, MONCLIENT_SUBSCRIBE_VALUES, &sink, &sub));
	e = next_value(queue, epoch + 1);
	CHECK_HAS((const char *)e->data, "\"changes\":[]"); /* there is no event before it */
	monclient_event_free(e);
	e = next_value(queue, epoch + 2);
	CHECK_JSON(e->data, "changes/0/name", "noscrub");
	monclient_event_free(e);
	for (i = 3; i < 6; i++) {
		char mon[16];

		world_mon(&w, mon);
		world_do(&w, "kill %s", mon);
		set_flag(&w, i % 2 ? "unset" : "set", "noout");
		world_do(&w, "start %s", mon);
		e = next_value(queue, epoch + i);
		CHECK_JSON(e->data, "changes/0/name", "noout");
		monclient_event_free(e);
	}
	CHECK_OK(monclient_unsubscribe(sub));
	CHECK_OK(monclient_queue_destroy(queue));
	world_end(&w);
}

/* ---- Bad use ---- */

static void bad(void)
{
	struct world w;
	struct recorder r;
	monclient_sink_t sink;
	monclient_osdmap_t map, none = 1;
	monclient_op_t op = 1;
	unsigned char byte = 0;
	char buf[MONCLIENT_FSID_SIZE], *text = (char *)1;
	void *data = &data;
	size_t len = 1;
	int64_t id;

	world_open(&w, 1);
	recorder_init(&r);
	CHECK_OK(monclient_osdmap(w.client, 0, &map));
#define REFUSED(call, text) CHECK_ERROR(call, MONCLIENT_EINVAL, text)
	REFUSED(monclient_osdmap(w.client, 0, NULL), "map is NULL");
	REFUSED(monclient_osdmap(w.client, -2, &none), "timeout_ms is -2");
	CHECK_UINT(none, 0);
	sink = recorder_sink(&r);
	REFUSED(monclient_osdmap_async(w.client, -2, &sink, &op), "timeout_ms is -2");
	CHECK_UINT(op, 0);
	REFUSED(monclient_osdmap_async(w.client, 0, NULL, &op), "sink");
	sink = recorder_sink(&r);
	CHECK_ERROR(monclient_osdmap_async(w.config, 0, &sink, NULL), MONCLIENT_EBADHANDLE, "client");
	CHECK_UINT(recorder_destroyed(&r), 2);
	REFUSED(monclient_event_osdmap(NULL, &none), "event is NULL");
	REFUSED(monclient_event_osdmap(NULL, NULL), "map is NULL");
	REFUSED(monclient_sub_osdmap(0, NULL), "map is NULL");
	REFUSED(monclient_osdmap_decode(NULL, 5, &none), "data is NULL");
	REFUSED(monclient_osdmap_decode(&byte, 1, NULL), "map is NULL");
	CHECK_ERROR(monclient_osdmap_decode(&byte, (size_t)MONCLIENT_MAX_INPUT + 1, &none), MONCLIENT_E2BIG, "data");
	CHECK_STATUS(monclient_osdmap_decode(&byte, 0, &none), MONCLIENT_EPROTO);
	CHECK_STATUS(monclient_osdmap_decode(&byte, 1, &none), MONCLIENT_EPROTO);
	REFUSED(monclient_osdmap_epoch(map, NULL), "epoch is NULL");
	REFUSED(monclient_osdmap_fsid(map, NULL, sizeof(buf)), "buf is NULL");
	CHECK_ERROR(monclient_osdmap_fsid(map, buf, sizeof(buf) - 1), MONCLIENT_ERANGE, "buf");
	CHECK_STR(buf, "");
	REFUSED(monclient_osdmap_flags(map, NULL), "flags is NULL");
	REFUSED(monclient_osdmap_json(map, NULL), "json is NULL");
	REFUSED(monclient_osdmap_pools(map, NULL), "json is NULL");
	REFUSED(monclient_osdmap_osds(map, NULL), "json is NULL");
	REFUSED(monclient_osdmap_encode(map, NULL, &len), "data is NULL");
	CHECK_UINT(len, 0);
	REFUSED(monclient_osdmap_encode(map, &data, NULL), "len is NULL");
	CHECK(!data);
	REFUSED(monclient_osdmap_pool_id(map, NULL, &id), "name is NULL");
	REFUSED(monclient_osdmap_pool_id(map, "x", NULL), "id is NULL");
	CHECK_ERROR(monclient_osdmap_pool_id(map, "\xff", &id), MONCLIENT_EILSEQ, "name");
	if (!slow())
		CHECK_ERROR(monclient_osdmap_pool_id(map, huge_text(), &id), MONCLIENT_E2BIG, "name");
	REFUSED(monclient_osdmap_pool_name(map, 1, NULL), "name is NULL");
	REFUSED(monclient_osdmap_pool_json(map, 1, NULL), "json is NULL");
	REFUSED(monclient_osdmap_max_osd(map, NULL), "max is NULL");
	REFUSED(monclient_osdmap_osd_json(map, 0, NULL), "json is NULL");
	CHECK_STATUS(monclient_osdmap_json(w.client, &text), MONCLIENT_EBADHANDLE);
	CHECK(!text);
	CHECK_OK(monclient_osdmap_release(map));
	recorder_end(&r);
	world_end(&w);
}

/* A program that was built before the counter came gets what it knows. */
static void an_older_counters(void)
{
	monclient_counters_t c;

	memset(&c, 0xff, sizeof(c));
	c.struct_size = offsetof(monclient_counters_t, osdmaps);
	CHECK_OK(monclient_counters(&c));
	CHECK_UINT(c.threads, 0);
	CHECK_UINT(c.osdmaps, UINT32_MAX);
	CHECK_INT(monclient_has_feature("osdmap"), 1);
}

static const struct check_test tests[] = {
	TEST(lookups), TEST(osds), TEST(encoded), TEST(differences), TEST(newest), TEST(ends), TEST(values), TEST(latest), TEST(dropped),
	TEST(callbacks), TEST(at_once), TEST(from_an_epoch_on), TEST(bad), TEST(an_older_counters),
};

MAIN(tests)
