/* The functions of monclient.h about the map of the OSDs. */
#define _GNU_SOURCE
#include "arguments.h"
#include "_cgo_export.h"

int monclient_osdmap(monclient_t client, int32_t timeout_ms, monclient_osdmap_t *map)
{
	struct capi_wait wait;

	CHECK(check_pointer(map, "map"));
	*map = 0;
	ENTER();
	CHECK(check_timeout(timeout_ms, "timeout_ms"));
	if (own_callback(client, "monclient_osdmap"))
		return MONCLIENT_EDEADLK;
	capi_wait_begin(&wait);
	CHECK(goOSDMap(client, timeout_ms, &wait));
	CHECK(capi_wait_end(&wait));
	*map = wait.numbers[0];
	return MONCLIENT_OK;
}

int monclient_osdmap_async(monclient_t client, int32_t timeout_ms, const monclient_sink_t *sink, monclient_op_t *op)
{
	struct capi_sink *copy;
	int rc;

	KEEP_THREAD();
	if (op)
		*op = 0;
	CHECK(take_sink_here(sink, &copy));
	rc = check_timeout(timeout_ms, "timeout_ms");
	if (rc != MONCLIENT_OK) {
		capi_sink_release(copy);
		return rc;
	}
	return goOSDMapAsync(client, timeout_ms, copy, op);
}

int monclient_event_osdmap(const monclient_event_t *event, monclient_osdmap_t *map)
{
	CHECK(check_pointer(map, "map"));
	*map = 0;
	ENTER();
	CHECK(check_pointer(event, "event"));
	return goEventMap(capi_block_map(event), map);
}

int monclient_sub_osdmap(monclient_sub_t sub, monclient_osdmap_t *map)
{
	CHECK(check_pointer(map, "map"));
	*map = 0;
	ENTER();
	return goSubMap(sub, map);
}

int monclient_osdmap_decode(const void *data, size_t len, monclient_osdmap_t *map)
{
	CHECK(check_pointer(map, "map"));
	*map = 0;
	ENTER();
	CHECK(check_pointer(data, "data"));
	CHECK(check_bytes(data, len, "data"));
	return goMapDecode(bytes_arg(data), len, map);
}

int monclient_osdmap_release(monclient_osdmap_t map)
{
	ENTER();
	return goMapRelease(map);
}

int monclient_osdmap_epoch(monclient_osdmap_t map, uint64_t *epoch)
{
	CHECK(check_pointer(epoch, "epoch"));
	*epoch = 0;
	ENTER();
	return goMapEpoch(map, epoch);
}

int monclient_osdmap_fsid(monclient_osdmap_t map, char *buf, size_t size)
{
	ENTER();
	CHECK(check_fsid_room(buf, size));
	return goMapFSID(map, buf);
}

/* map_text gives one of the texts that Go makes of a map. */
static int map_text(monclient_osdmap_t map, uint32_t what, const char *name, char **text)
{
	CHECK(check_pointer(text, name));
	*text = NULL;
	ENTER();
	return goMapText(map, what, text);
}

int monclient_osdmap_flags(monclient_osdmap_t map, char **flags) { return map_text(map, CAPI_MAP_FLAGS, "flags", flags); }

int monclient_osdmap_json(monclient_osdmap_t map, char **json) { return map_text(map, CAPI_MAP_JSON, "json", json); }

int monclient_osdmap_pools(monclient_osdmap_t map, char **json) { return map_text(map, CAPI_MAP_POOLS, "json", json); }

int monclient_osdmap_osds(monclient_osdmap_t map, char **json) { return map_text(map, CAPI_MAP_OSDS, "json", json); }

int monclient_osdmap_encode(monclient_osdmap_t map, void **data, size_t *len)
{
	if (data)
		*data = NULL;
	if (len)
		*len = 0;
	ENTER();
	CHECK(check_pointer(data, "data"));
	CHECK(check_pointer(len, "len"));
	return goMapEncode(map, data, len);
}

int monclient_osdmap_pool_id(monclient_osdmap_t map, const char *name, int64_t *id)
{
	size_t len;

	CHECK(check_pointer(id, "id"));
	*id = 0;
	ENTER();
	CHECK(check_text(name, "name", &len));
	return goMapPoolID(map, text_arg(name), len, id);
}

int monclient_osdmap_pool_name(monclient_osdmap_t map, int64_t id, char **name)
{
	CHECK(check_pointer(name, "name"));
	*name = NULL;
	ENTER();
	return goMapPoolName(map, id, name);
}

int monclient_osdmap_pool_json(monclient_osdmap_t map, int64_t id, char **json)
{
	CHECK(check_pointer(json, "json"));
	*json = NULL;
	ENTER();
	return goMapPoolJSON(map, id, json);
}

int monclient_osdmap_max_osd(monclient_osdmap_t map, int32_t *max)
{
	CHECK(check_pointer(max, "max"));
	*max = 0;
	ENTER();
	return goMapMaxOSD(map, max);
}

int monclient_osdmap_osd_state(monclient_osdmap_t map, int32_t osd, int *is_up, int *is_in, uint32_t *weight)
{
	int up = 0, in = 0, rc;
	uint32_t w = 0;

	if (is_up)
		*is_up = 0;
	if (is_in)
		*is_in = 0;
	if (weight)
		*weight = 0;
	ENTER();
	rc = goMapOSDState(map, osd, &up, &in, &w);
	if (is_up)
		*is_up = up;
	if (is_in)
		*is_in = in;
	if (weight)
		*weight = w;
	return rc;
}

int monclient_osdmap_osd_json(monclient_osdmap_t map, int32_t osd, char **json)
{
	CHECK(check_pointer(json, "json"));
	*json = NULL;
	ENTER();
	return goMapOSDJSON(map, osd, json);
}

int monclient_osdmap_diff(monclient_osdmap_t old, monclient_osdmap_t next, char **json)
{
	CHECK(check_pointer(json, "json"));
	*json = NULL;
	ENTER();
	return goMapDiff(old, next, json);
}
