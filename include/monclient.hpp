/*
 * libmonclient for C++: monclient.h with owners, durations, lambdas, exceptions and futures.
 * Copyright the libmonclient authors. SPDX-License-Identifier: Apache-2.0
 *
 * This header is all of it: C++17 or later, nothing to link besides libmonclient.so. monclient.h says what each call
 * does; here stands only what C++ adds.
 *
 *
 * In short
 *
 *     using namespace std::chrono_literals;
 *
 *     monclient::config config;
 *     config.read_file();                                      // $CEPH_CONF, /etc/ceph/ceph.conf, ...
 *     auto client = monclient::client::connect(config);
 *
 *     monclient::reply reply = client.command(R"({"prefix": "status"})");
 *     reply.check();                                           // throws monclient::refused when the monitors said no
 *     std::cout << reply.output();
 *
 *     auto maps = client.subscribe("osdmap", [](const monclient::map_event &e) { std::cout << e.epoch() << '\n'; });
 *     std::future<monclient::reply> tree = client.command_future(R"({"prefix": "osd tree"})");
 *
 *
 * Errors
 *
 * Each call that can fail comes twice. Without a std::error_code it throws monclient::error, whose what() is the text
 * of monclient_last_error(). With one, which is always the last argument, it is noexcept, sets it (or clears it), and
 * returns something empty. The codes are the statuses of monclient.h and compare with std::errc where Linux has an
 * errno for them: ec == std::errc::timed_out; monclient::errc has the others. What this header finds out by itself (a
 * text with a NUL in it, a duration that is none, no memory) is in std::generic_category(). Making a sink or a dialer from a callable allocates,
 * and so may throw std::bad_alloc before any call.
 *
 * Built with -fno-exceptions, the calls that would throw end the process with std::abort(), as the standard library's
 * do; the others are what to use then.
 *
 *
 * Callbacks
 *
 * A callback is anything that can be called with the event: a lambda, a function, an object that can only be moved. The
 * library owns it and destroys it once, after its last event, or before a call returns that fails. monclient.h says on
 * which thread that is.
 *
 * An exception that leaves a callback goes to the handler of set_exception_handler(), on the thread of the callback,
 * and nowhere else: the client, the subscription and other callbacks go on. Without a handler it is dropped, and
 * dropped_exceptions() counts it.
 *
 *
 * Objects
 *
 * They can be moved, not copied; one that was moved from has no handle, and calls through it fail with
 * errc::bad_handle. Destructors release the handle and ignore what may go wrong in that. Like handles, clients,
 * configurations and queues may be used by many threads at a time, but moving, resetting and destroying the C++ object
 * is for one thread, when no other uses it.
 *
 * A client that is destroyed in one of its own callbacks, where it cannot be closed, is closed by a thread of its own
 * as soon as that has returned.
 */
#ifndef MONCLIENT_HPP
#define MONCLIENT_HPP

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "monclient.h"

namespace monclient {

/* ---- Errors ---- */

/** Statuses for which std::errc has no name. */
enum class errc : int {
	closed = MONCLIENT_ECLOSED,
	bad_handle = MONCLIENT_EBADHANDLE,
	forked = MONCLIENT_EFORKED,
	internal = MONCLIENT_EINTERNAL
};

namespace detail {

class status_category final : public std::error_category {
public:
	const char *name() const noexcept override { return "monclient"; }
	std::string message(int status) const override { return monclient_strerror(status); }
	std::error_condition default_error_condition(int status) const noexcept override
	{
		// The statuses beyond have no errno.
		if (status <= 0 && status > MONCLIENT_EBADHANDLE)
			return {-status, std::generic_category()};
		return {status, *this};
	}
};

} // namespace detail

/** The category of statuses: the value of a code is a MONCLIENT_E... or a monitor's retval. */
inline const std::error_category &category() noexcept
{
	static const detail::status_category c;
	return c;
}

inline std::error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), category()}; }

/** What is known of a command that has ended without an answer. */
enum class outcome : int {
	none = MONCLIENT_OUTCOME_NONE,         /**< it was answered, or there was no command */
	not_sent = MONCLIENT_OUTCOME_NOT_SENT, /**< it was not executed */
	unknown = MONCLIENT_OUTCOME_UNKNOWN    /**< it may have been executed */
};

/**
 * What the calls without a std::error_code throw. code() is the status, what() says what happened, and outcome(), where
 * the call was a command, whether it may have been executed all the same.
 */
class error : public std::system_error {
public:
	error(std::error_code ec, const char *text, monclient::outcome o = monclient::outcome::none)
		: std::system_error(ec), text_(text), outcome_(o) {}
	error(std::error_code ec, std::string_view text, monclient::outcome o = monclient::outcome::none)
		: std::system_error(ec), text_(std::string(text)), outcome_(o) {}

	const char *what() const noexcept override { return text_.what(); }
	monclient::outcome outcome() const noexcept { return outcome_; }

private:
	std::runtime_error text_; // a text that can be copied without throwing
	monclient::outcome outcome_;
};

/** The monitors have answered a command, and the answer was no. code() is the retval, what() the reply's status. */
class refused : public error {
	using error::error;
};

/** What happened in the last call of this thread that failed; see monclient_last_error(). */
inline std::string_view last_error() noexcept { return monclient_last_error(); }

/** What it means for the command, if that call was one; see monclient_last_outcome(). */
inline outcome last_outcome() noexcept { return static_cast<outcome>(monclient_last_outcome()); }

/** Gets the exceptions that leave callbacks. It may be called by several threads at a time. */
using exception_handler = std::function<void(std::exception_ptr)>;

namespace detail {

inline std::error_code code(int status) noexcept
{
	return status == MONCLIENT_OK ? std::error_code() : std::error_code(status, category());
}

template <class Error, class Text>
[[noreturn]] void raise(std::error_code ec, Text text, outcome o = outcome::none)
{
#if defined(__cpp_exceptions)
	throw Error(ec, text, o);
#else
	static_cast<void>(ec), static_cast<void>(text), static_cast<void>(o);
	std::abort();
#endif
}

/** The error of the call that was just made by this thread. */
inline error failure(std::error_code ec)
{
	return ec.category() == category() ? error(ec, last_error(), last_outcome()) : error(ec, "monclient: " + ec.message());
}

/** Makes of a call with a std::error_code one that throws. */
template <class Call>
auto checked(Call &&call)
{
	const auto check = [](std::error_code ec) {
		if (ec) {
			const error e = failure(ec);
			raise<error>(ec, e.what(), e.outcome());
		}
	};
	std::error_code ec;
	if constexpr (std::is_void_v<decltype(call(ec))>) {
		call(ec);
		check(ec);
	} else {
		auto result = call(ec);
		check(ec);
		return result;
	}
}

struct stray_exceptions {
	std::mutex lock;
	std::shared_ptr<const exception_handler> handler;
	std::atomic<std::uint64_t> dropped{0};
};

inline stray_exceptions &strays() noexcept
{
	// It is never destroyed, for callbacks may run while the process exits.
	static stray_exceptions &s = *new stray_exceptions;
	return s;
}

/** Runs what is the user's, and lets no exception out. */
template <class Call>
void guarded(Call &&call) noexcept
{
#if defined(__cpp_exceptions)
	try {
		call();
		return;
	} catch (...) {
		stray_exceptions &s = strays();
		try {
			std::shared_ptr<const exception_handler> handler;
			{
				const std::lock_guard<std::mutex> guard(s.lock);
				handler = s.handler;
			}
			if (handler && *handler) {
				(*handler)(std::current_exception());
				return;
			}
		} catch (...) { // of the handler
		}
		s.dropped++;
	}
#else
	call();
#endif
}

} // namespace detail

/** Have a handler get the exceptions that leave callbacks from now on; nullptr: none. For the whole process. */
inline void set_exception_handler(exception_handler handler)
{
	auto fresh = std::make_shared<const exception_handler>(std::move(handler));
	const std::lock_guard<std::mutex> guard(detail::strays().lock);
	detail::strays().handler.swap(fresh);
}

/** How many exceptions left a callback and found no handler, or one that threw. */
inline std::uint64_t dropped_exceptions() noexcept { return detail::strays().dropped; }

/* ---- Version and diagnostics ---- */

inline std::uint32_t version_number() noexcept { return monclient_version_number(); }
inline std::string_view version() noexcept { return monclient_version(); }
inline bool has_feature(const char *name) noexcept { return monclient_has_feature(name) != 0; }

/** What is alive in the library. */
inline monclient_counters_t counters(std::error_code &ec) noexcept
{
	monclient_counters_t c = {};
	c.struct_size = sizeof c;
	ec = detail::code(monclient_counters(&c));
	return c;
}

inline monclient_counters_t counters() { return detail::checked([](std::error_code &ec) { return counters(ec); }); }

/* ---- Time, texts, buffers, handles ---- */

/**
 * How long a call may take: any std::chrono duration, rounded up to milliseconds; forever, which more than 24 days are,
 * too; or, default constructed, what the configuration says. A duration that is not positive means that the time is up:
 * a call still gets a millisecond then, and queue::poll() does not wait.
 */
class time_limit {
public:
	constexpr time_limit() noexcept = default;
	template <class Rep, class Period>
	constexpr time_limit(std::chrono::duration<Rep, Period> d) noexcept : set_(true)
	{
		const double ms = std::chrono::duration<double, std::milli>(d).count();
		if (ms > INT32_MAX) {
			ms_ = MONCLIENT_FOREVER;
		} else if (ms > 0) {
			ms_ = static_cast<std::int32_t>(ms);
			ms_ += ms_ < ms;
		}
	}
	static constexpr time_limit never() noexcept
	{
		time_limit t;
		t.ms_ = MONCLIENT_FOREVER;
		return t;
	}

	/** As timeout_ms of a call, and of monclient_queue_poll(), where 0 has another meaning. */
	constexpr std::int32_t of_call() const noexcept { return set_ && ms_ == 0 ? 1 : ms_; }
	constexpr std::int32_t of_poll() const noexcept { return ms_; }

private:
	std::int32_t ms_ = 0;
	bool set_ = false;
};

inline constexpr time_limit forever = time_limit::never();

/** A text or bytes that the library has allocated. A NUL follows texts. */
class buffer {
public:
	buffer() noexcept = default;
	buffer(void *data, std::size_t size) noexcept : data_(data), size_(size) {}

	std::string_view view() const noexcept { return {data(), size_}; }
	operator std::string_view() const noexcept { return view(); }
	std::string str() const { return std::string(view()); }
	const char *data() const noexcept { return data_ ? static_cast<const char *>(data_.get()) : ""; }
	std::size_t size() const noexcept { return size_; }
	bool empty() const noexcept { return size_ == 0; }

private:
	struct release {
		void operator()(void *p) const noexcept { monclient_free(p); }
	};
	std::unique_ptr<void, release> data_;
	std::size_t size_ = 0;
};

namespace detail {

/** A copy of a text with the NUL that C wants. */
class c_text {
public:
	c_text(std::string_view s) noexcept
	{
		if (s.find('\0') != s.npos) {
			error_ = std::make_error_code(std::errc::invalid_argument);
			return;
		}
		char *to = small_.data();
		if (s.size() >= small_.size()) {
			large_.reset(to = new (std::nothrow) char[s.size() + 1]);
			if (!to) {
				error_ = std::make_error_code(std::errc::not_enough_memory);
				return;
			}
		}
		if (!s.empty())
			std::memcpy(to, s.data(), s.size());
		to[s.size()] = '\0';
		text_ = to;
	}
	c_text(const c_text &) = delete;
	c_text &operator=(const c_text &) = delete;

	/** Calls, unless the text is none. */
	template <class Call>
	std::error_code pass(Call &&call) const noexcept { return error_ ? error_ : code(call(text_)); }
	std::error_code error() const noexcept { return error_; }
	const char *c_str() const noexcept { return text_; }

private:
	std::array<char, 256> small_;
	std::unique_ptr<char[]> large_;
	const char *text_ = nullptr;
	std::error_code error_;
};

/** Owns a handle. All classes with a handle have this. */
template <int (*End)(std::uint64_t)>
class handle {
public:
	handle() noexcept = default;
	explicit handle(std::uint64_t h) noexcept : handle_(h) {}
	handle(handle &&other) noexcept : handle_(other.release()) {}
	handle &operator=(handle &&other) noexcept
	{
		if (this != &other)
			reset(other.release());
		return *this;
	}
	~handle() { reset(); }

	/** Whether there is a handle. It may be stale. */
	explicit operator bool() const noexcept { return handle_ != 0; }
	/** The handle for functions of monclient.h; 0 if there is none. */
	std::uint64_t get() const noexcept { return handle_; }
	/** Gives the handle away. */
	[[nodiscard]] std::uint64_t release() noexcept { return std::exchange(handle_, 0); }
	/** Ends what the object owns now, and owns another handle. */
	void reset(std::uint64_t h = 0) noexcept
	{
		if (const std::uint64_t old = std::exchange(handle_, h))
			End(old);
	}

private:
	std::uint64_t handle_ = 0;
};

inline int end_nothing(std::uint64_t) noexcept { return MONCLIENT_OK; }

inline int close_client(std::uint64_t client) noexcept
{
	const int status = monclient_close(client);
	if (status == MONCLIENT_EDEADLK) // in one of its own callbacks
		guarded([client] { std::thread([client] { monclient_close(client); }).detach(); });
	return status;
}

/** Owns the userdata of a sink or a dialer until the library does. */
template <class Raw>
class userdata_owner {
public:
	userdata_owner() noexcept { raw_.struct_size = sizeof raw_; }
	userdata_owner(userdata_owner &&other) noexcept : raw_(other.release()) {}
	userdata_owner &operator=(userdata_owner &&other) noexcept
	{
		if (this != &other) {
			destroy();
			raw_ = other.release();
		}
		return *this;
	}
	~userdata_owner() { destroy(); }

	/** For a function of monclient.h, which takes over the userdata. */
	[[nodiscard]] Raw release() noexcept
	{
		Raw fresh = {};
		fresh.struct_size = sizeof fresh;
		return std::exchange(raw_, fresh);
	}

protected:
	template <class F>
	void own(F &&f)
	{
		using Callable = std::decay_t<F>;
		raw_.userdata = new Callable(std::forward<F>(f));
		raw_.destroy = [](void *p) { delete static_cast<Callable *>(p); };
	}
	Raw raw_ = {};

private:
	void destroy() noexcept
	{
		if (raw_.destroy)
			raw_.destroy(raw_.userdata);
	}
};

} // namespace detail

/* ---- The map of the OSDs ---- */

/** A cluster's id. */
class fsid {
public:
	std::string_view view() const noexcept { return text_.data(); }
	operator std::string_view() const noexcept { return view(); }
	const char *c_str() const noexcept { return text_.data(); }

private:
	friend class client;
	friend class osdmap;
	std::array<char, MONCLIENT_FSID_SIZE> text_ = {};
};

/** Whether an OSD works, and has data. */
struct osd_state {
	bool up = false;
	bool in = false;
	double weight = 0; /**< from 0, which is out, to 1 */
};

/**
 * The map of the OSDs and the pools, of one epoch, which never changes; see monclient_osdmap() and the functions after it.
 * client::osdmap() and events have it. What is not there is std::errc::no_such_file_or_directory.
 */
class osdmap : public detail::handle<monclient_osdmap_release> {
public:
	using handle::handle;

	/** From what encode() gives. */
	static osdmap decode(std::string_view data) { return detail::checked([&](auto &ec) { return decode(data, ec); }); }
	static osdmap decode(std::string_view data, std::error_code &ec) noexcept
	{
		return taken([&](auto *map) { return monclient_osdmap_decode(data.data() ? data.data() : "", data.size(), map); }, ec);
	}

	std::uint64_t epoch() const { return detail::checked([&](auto &ec) { return epoch(ec); }); }
	std::uint64_t epoch(std::error_code &ec) const noexcept
	{
		std::uint64_t epoch = 0;
		ec = detail::code(monclient_osdmap_epoch(get(), &epoch));
		return epoch;
	}
	monclient::fsid fsid() const { return detail::checked([&](auto &ec) { return fsid(ec); }); }
	monclient::fsid fsid(std::error_code &ec) const noexcept
	{
		monclient::fsid id;
		ec = detail::code(monclient_osdmap_fsid(get(), id.text_.data(), id.text_.size()));
		return id;
	}
	/** Names, separated by commas. */
	buffer flags() const { return detail::checked([&](auto &ec) { return flags(ec); }); }
	buffer flags(std::error_code &ec) const noexcept { return text([&](char **t) { return monclient_osdmap_flags(get(), t); }, ec); }
	/** All of it, as JSON. */
	buffer json() const { return detail::checked([&](auto &ec) { return json(ec); }); }
	buffer json(std::error_code &ec) const noexcept { return text([&](char **t) { return monclient_osdmap_json(get(), t); }, ec); }
	/** All of it, as the monitors encode it. */
	buffer encode() const { return detail::checked([&](auto &ec) { return encode(ec); }); }
	buffer encode(std::error_code &ec) const noexcept
	{
		void *data = nullptr;
		std::size_t len = 0;
		ec = detail::code(monclient_osdmap_encode(get(), &data, &len));
		return buffer(data, len);
	}

	/** A JSON array of {"id", "name"}. */
	buffer pools() const { return detail::checked([&](auto &ec) { return pools(ec); }); }
	buffer pools(std::error_code &ec) const noexcept { return text([&](char **t) { return monclient_osdmap_pools(get(), t); }, ec); }
	std::int64_t pool_id(std::string_view name) const { return detail::checked([&](auto &ec) { return pool_id(name, ec); }); }
	std::int64_t pool_id(std::string_view name, std::error_code &ec) const noexcept
	{
		std::int64_t id = 0;
		ec = detail::c_text(name).pass([&](const char *n) { return monclient_osdmap_pool_id(get(), n, &id); });
		return id;
	}
	buffer pool_name(std::int64_t id) const { return detail::checked([&](auto &ec) { return pool_name(id, ec); }); }
	buffer pool_name(std::int64_t id, std::error_code &ec) const noexcept
	{ return text([&](char **t) { return monclient_osdmap_pool_name(get(), id, t); }, ec); }
	/** All that it says of a pool, as JSON. */
	buffer pool_json(std::int64_t id) const { return detail::checked([&](auto &ec) { return pool_json(id, ec); }); }
	buffer pool_json(std::int64_t id, std::error_code &ec) const noexcept
	{ return text([&](char **t) { return monclient_osdmap_pool_json(get(), id, t); }, ec); }

	/** A JSON array. */
	buffer osds() const { return detail::checked([&](auto &ec) { return osds(ec); }); }
	buffer osds(std::error_code &ec) const noexcept { return text([&](char **t) { return monclient_osdmap_osds(get(), t); }, ec); }
	/** Every OSD's id is below, and not every one of those is an OSD's. */
	std::int32_t max_osd() const { return detail::checked([&](auto &ec) { return max_osd(ec); }); }
	std::int32_t max_osd(std::error_code &ec) const noexcept
	{
		std::int32_t max = 0;
		ec = detail::code(monclient_osdmap_max_osd(get(), &max));
		return max;
	}
	monclient::osd_state osd_state(std::int32_t osd) const { return detail::checked([&](auto &ec) { return osd_state(osd, ec); }); }
	monclient::osd_state osd_state(std::int32_t osd, std::error_code &ec) const noexcept
	{
		int up = 0, in = 0;
		std::uint32_t weight = 0;
		ec = detail::code(monclient_osdmap_osd_state(get(), osd, &up, &in, &weight));
		return {up != 0, in != 0, weight / 65536.0};
	}
	/** All that it says of an OSD, as JSON. */
	buffer osd_json(std::int32_t osd) const { return detail::checked([&](auto &ec) { return osd_json(osd, ec); }); }
	buffer osd_json(std::int32_t osd, std::error_code &ec) const noexcept
	{ return text([&](char **t) { return monclient_osdmap_osd_json(get(), osd, t); }, ec); }

	/** What has changed since another map, as a JSON array. */
	buffer diff(const osdmap &older) const { return detail::checked([&](auto &ec) { return diff(older, ec); }); }
	buffer diff(const osdmap &older, std::error_code &ec) const noexcept
	{ return text([&](char **t) { return monclient_osdmap_diff(older.get(), get(), t); }, ec); }

	/** The map that a function of monclient.h gives. */
	template <class Call>
	static osdmap taken(Call &&call, std::error_code &ec) noexcept
	{
		monclient_osdmap_t map = 0;
		ec = detail::code(call(&map));
		return osdmap(map);
	}

private:
	template <class Call>
	static buffer text(Call &&call, std::error_code &ec) noexcept
	{
		char *t = nullptr;
		ec = detail::code(call(&t));
		return t ? buffer(t, std::strlen(t)) : buffer();
	}
};

/* ---- Replies ---- */

namespace detail {

struct release_reply {
	monclient_event_t *event = nullptr; // that it is part of
	void operator()(const monclient_reply_t *r) const noexcept
	{
		if (event)
			monclient_event_free(event);
		else
			monclient_reply_free(const_cast<monclient_reply_t *>(r)); // it came as such
	}
};

} // namespace detail

/** The monitors' answer to a command. Its texts live as long as the object, and a NUL follows them. */
class reply {
public:
	reply() noexcept = default;
	/** Owns a reply of monclient_command(). */
	explicit reply(monclient_reply_t *raw) noexcept : raw_(raw) {}
	/** Owns a kept event with a reply in it. */
	explicit reply(monclient_event_t *event) noexcept : raw_(event->reply, detail::release_reply{event}) {}

	/** Whether there is a reply, whatever the monitors said. Without one everything is 0 and "". */
	explicit operator bool() const noexcept { return raw_ != nullptr; }
	const monclient_reply_t *get() const noexcept { return raw_.get(); }

	std::int32_t retval() const noexcept { return raw_ ? raw_->retval : 0; }
	bool resent() const noexcept { return raw_ && raw_->resent != 0; }
	std::string_view status() const noexcept { return raw_ ? raw_->status : ""; }
	/** The monitor that answered; "" when a manager did. */
	std::string_view mon() const noexcept { return raw_ ? raw_->mon : ""; }
	/** The daemon that answered, such as "mon.a" or "mgr.x". */
	std::string_view sender() const noexcept { return raw_ ? raw_->sender : ""; }
	std::string_view output() const noexcept
	{
		return raw_ ? std::string_view(static_cast<const char *>(raw_->output), raw_->output_len) : "";
	}

	/** Throws refused when the monitors said no. */
	void check() const
	{
		if (raw_ && raw_->retval < 0)
			detail::raise<refused>(detail::code(raw_->retval), *raw_->status ? raw_->status : monclient_strerror(raw_->retval));
	}

private:
	std::unique_ptr<const monclient_reply_t, detail::release_reply> raw_;
};

/* ---- Events ---- */

enum class event_type : std::uint32_t {
	connect = MONCLIENT_EVENT_CONNECT,
	command = MONCLIENT_EVENT_COMMAND,
	version = MONCLIENT_EVENT_VERSION,
	wait = MONCLIENT_EVENT_WAIT,
	map = MONCLIENT_EVENT_MAP,
	session = MONCLIENT_EVENT_SESSION,
	log = MONCLIENT_EVENT_LOG,
	result = MONCLIENT_EVENT_RESULT
};

enum class session_change : std::uint32_t {
	hunting = MONCLIENT_SESSION_HUNTING,
	attempt_failed = MONCLIENT_SESSION_ATTEMPT_FAILED,
	connected = MONCLIENT_SESSION_CONNECTED,
	lost = MONCLIENT_SESSION_LOST,
	failed_over = MONCLIENT_SESSION_FAILED_OVER,
	standby = MONCLIENT_SESSION_STANDBY,
	standby_lost = MONCLIENT_SESSION_STANDBY_LOST,
	credential = MONCLIENT_SESSION_CREDENTIAL
};

enum class log_level : std::uint32_t {
	none = MONCLIENT_LOG_NONE,
	error = MONCLIENT_LOG_ERROR,
	warn = MONCLIENT_LOG_WARN,
	info = MONCLIENT_LOG_INFO,
	debug = MONCLIENT_LOG_DEBUG
};

class event;

/** Looks at an event without owning it: no longer than the callback runs, or the event lives. */
class event_view {
public:
	explicit event_view(const monclient_event_t &raw) noexcept : raw_(&raw) {}

	const monclient_event_t &raw() const noexcept { return *raw_; }
	event_type type() const noexcept { return static_cast<event_type>(raw_->type); }
	/** Why there is no result, or why the subscription has ended. */
	std::error_code status() const noexcept { return detail::code(raw_->status); }
	/** The same in words. */
	std::string_view error() const noexcept { return text(raw_->error); }
	bool last() const noexcept { return (raw_->flags & MONCLIENT_EVENT_LAST) != 0; }
	std::uint32_t missed() const noexcept { return raw_->missed; }
	void *userdata() const noexcept { return raw_->userdata; }
	/** Handles, which may be stale, to compare with get() of operations, subscriptions and clients. */
	std::uint64_t source() const noexcept { return raw_->source; }
	std::uint64_t client() const noexcept { return raw_->client; }

	/** An owner of the same event, which may outlive the callback. */
	event keep() const noexcept;

	/** Whether it is a map_event, for example. */
	template <class Event>
	bool is() const noexcept { return type() == Event::kind; }
	/** It as a map_event, for example; throws std::errc::invalid_argument when it is something else. */
	template <class Event>
	Event as() const
	{
		if (!is<Event>())
			detail::raise<monclient::error>(detail::code(MONCLIENT_EINVAL), "monclient: the event is of another type");
		return Event(*raw_);
	}

protected:
	event_view() noexcept = default;
	static std::string_view text(const char *s) noexcept { return s ? s : ""; }
	static std::string_view bytes(const void *p, std::uint64_t n) noexcept
	{
		return p ? std::string_view(static_cast<const char *>(p), n) : "";
	}
	const monclient_event_t *raw_ = nullptr;
};

/** An event with its owner. One that was moved from, or default constructed, is none and may not be looked at. */
class event : public event_view {
public:
	event() noexcept = default;
	explicit event(monclient_event_t *raw) noexcept : event_view(), owned_(raw) { raw_ = raw; }
	event(event &&other) noexcept : event(other.release()) {}
	event &operator=(event &&other) noexcept
	{
		owned_.reset(other.release());
		raw_ = owned_.get();
		return *this;
	}

	explicit operator bool() const noexcept { return raw_ != nullptr; }
	[[nodiscard]] monclient_event_t *release() noexcept
	{
		raw_ = nullptr;
		return owned_.release();
	}

private:
	struct deleter {
		void operator()(monclient_event_t *e) const noexcept { monclient_event_free(e); }
	};
	std::unique_ptr<monclient_event_t, deleter> owned_;
};

inline event event_view::keep() const noexcept { return event(monclient_event_keep(raw_)); }

/** A subscription has something, or has ended: last() with a status(). */
class map_event : public event_view {
public:
	static constexpr event_type kind = event_type::map;
	using event_view::event_view;

	std::string_view what() const noexcept { return text(raw_->what); }
	std::uint64_t epoch() const noexcept { return raw_->epoch; }
	/** The encoded map, or a JSON text. Empty in the event that says that the subscription has ended. */
	std::string_view data() const noexcept { return bytes(raw_->data, raw_->data_len); }
	bool full() const noexcept { return (raw_->flags & MONCLIENT_EVENT_FULL) != 0; }
	bool json() const noexcept { return (raw_->flags & MONCLIENT_EVENT_JSON) != 0; }
	/** Of subscribe_options.values: nothing older is missing any more. */
	bool synced() const noexcept { return (raw_->flags & MONCLIENT_EVENT_SYNCED) != 0; }
	/** Of osdmap with subscribe_options.values: the whole map, which may outlive the event. */
	monclient::osdmap osdmap() const { return detail::checked([&](auto &ec) { return osdmap(ec); }); }
	monclient::osdmap osdmap(std::error_code &ec) const noexcept
	{ return monclient::osdmap::taken([this](auto *map) { return monclient_event_osdmap(raw_, map); }, ec); }
};

/** The session has changed. */
class session_event : public event_view {
public:
	static constexpr event_type kind = event_type::session;
	using event_view::event_view;

	session_change change() const noexcept { return static_cast<session_change>(raw_->session_change); }
	std::string_view mon() const noexcept { return text(raw_->mon); }
	std::string_view addr() const noexcept { return text(raw_->addr); }
	std::chrono::nanoseconds elapsed() const noexcept
	{
		return std::chrono::nanoseconds(static_cast<std::int64_t>(raw_->elapsed_ns));
	}
};

/** The library has something to say. */
class log_event : public event_view {
public:
	static constexpr event_type kind = event_type::log;
	using event_view::event_view;

	log_level level() const noexcept { return static_cast<log_level>(raw_->log_level); }
	std::string_view message() const noexcept { return text(raw_->text); }
};

/** A command has completed. */
class command_event : public event_view {
public:
	static constexpr event_type kind = event_type::command;
	using event_view::event_view;

	/** The reply, which may outlive the event; none when status() is an error. */
	monclient::reply reply() const noexcept
	{
		return raw_->reply ? monclient::reply(monclient_event_keep(raw_)) : monclient::reply();
	}
	/** When status() is an error, whether the command may have been executed all the same. */
	monclient::outcome outcome() const noexcept { return static_cast<monclient::outcome>(raw_->outcome); }
};

/** The epochs of a map that the monitors have. */
struct epochs {
	std::uint64_t newest = 0;
	std::uint64_t oldest = 0;
};

/** A question for epochs has completed. */
class version_event : public event_view {
public:
	static constexpr event_type kind = event_type::version;
	using event_view::event_view;

	monclient::epochs epochs() const noexcept { return {raw_->epoch, raw_->oldest}; }
};

/** A map has come. */
class wait_event : public event_view {
public:
	static constexpr event_type kind = event_type::wait;
	using event_view::event_view;

	std::uint64_t epoch() const noexcept { return raw_->epoch; }
};

/** A question has been answered. */
class result_event : public event_view {
public:
	static constexpr event_type kind = event_type::result;
	using event_view::event_view;

	/** A JSON text, if the question has such an answer. */
	std::string_view json() const noexcept { return bytes(raw_->data, raw_->data_len); }
	/** A number, if it has such a one. */
	std::uint64_t number() const noexcept { return raw_->epoch; }
	/** The map that client::osdmap_async() was for. */
	monclient::osdmap osdmap() const { return detail::checked([&](auto &ec) { return osdmap(ec); }); }
	monclient::osdmap osdmap(std::error_code &ec) const noexcept
	{ return monclient::osdmap::taken([this](auto *map) { return monclient_event_osdmap(raw_, map); }, ec); }
};

class connect_event; // below client

/* ---- Queues ---- */

/** Events that were taken out of a queue: a range of them, in order. */
class event_batch {
public:
	static constexpr std::size_t capacity = 64;

	event *begin() noexcept { return events_.data(); }
	event *end() noexcept { return begin() + size_; }
	event &operator[](std::size_t i) noexcept { return events_[i]; }
	std::size_t size() const noexcept { return size_; }
	bool empty() const noexcept { return size_ == 0; }

private:
	friend class queue;
	std::array<event, capacity> events_;
	std::size_t size_ = 0;
};

/** A queue of events. */
class queue : public detail::handle<monclient_queue_destroy> {
public:
	queue() { detail::checked([&](auto &ec) { create(ec); }); }
	explicit queue(std::error_code &ec) noexcept { create(ec); }
	explicit queue(monclient_queue_t h) noexcept : handle(h) {}

	/** The descriptor for poll and epoll: readable while events wait. */
	int fd() const { return detail::checked([&](auto &ec) { return fd(ec); }); }
	int fd(std::error_code &ec) const noexcept
	{
		int fd = -1;
		ec = detail::code(monclient_queue_fd(get(), &fd));
		return ec ? -1 : fd;
	}

	/** Takes up to max events, event_batch::capacity at the most; none when the time is up. {} does not wait. */
	event_batch poll(time_limit timeout = forever, std::size_t max = event_batch::capacity) const
	{ return detail::checked([&](auto &ec) { return poll(timeout, max, ec); }); }
	event_batch poll(time_limit timeout, std::size_t max, std::error_code &ec) const noexcept
	{
		std::array<monclient_event_t *, event_batch::capacity> raw = {};
		std::uint32_t count = 0;
		const auto room = static_cast<std::uint32_t>(max < raw.size() ? max : raw.size());
		event_batch batch;
		ec = detail::code(monclient_queue_poll(get(), raw.data(), room, timeout.of_poll(), &count));
		if (!ec)
			while (batch.size_ < count && batch.size_ < raw.size()) {
				batch.events_[batch.size_] = event(raw[batch.size_]);
				batch.size_++;
			}
		return batch;
	}

	class range;
	/**
	 * For a loop over events as they come: for (event &e : queue.events(5s)). It takes them one by one, and ends when
	 * none has come for that long, or when the queue is destroyed.
	 */
	range events(time_limit timeout = forever) const noexcept;

private:
	void create(std::error_code &ec) noexcept
	{
		monclient_queue_t q = 0;
		ec = detail::code(monclient_queue_create(&q));
		reset(q);
	}
};

class queue::range {
public:
	class iterator {
	public:
		using iterator_category = std::input_iterator_tag;
		using value_type = event;
		using difference_type = std::ptrdiff_t;
		using pointer = event *;
		using reference = event &;

		reference operator*() const noexcept { return range_->current_; }
		pointer operator->() const noexcept { return &range_->current_; }
		iterator &operator++()
		{
			if (!range_->next())
				range_ = nullptr;
			return *this;
		}
		void operator++(int) { ++*this; }
		bool operator==(const iterator &other) const noexcept { return range_ == other.range_; }
		bool operator!=(const iterator &other) const noexcept { return range_ != other.range_; }

	private:
		friend class range;
		explicit iterator(range *r) noexcept : range_(r) {}
		range *range_;
	};

	iterator begin() { return iterator(next() ? this : nullptr); }
	iterator end() noexcept { return iterator(nullptr); }

private:
	friend class queue;
	range(monclient_queue_t q, time_limit timeout) noexcept : queue_(q), timeout_(timeout) {}

	bool next()
	{
		monclient_event_t *raw = nullptr;
		std::uint32_t count = 0;
		current_ = event();
		const int status = monclient_queue_poll(queue_, &raw, 1, timeout_.of_poll(), &count);
		if (status == MONCLIENT_ECLOSED || status == MONCLIENT_EBADHANDLE) // during the call, or before
			return false;
		detail::checked([status](std::error_code &ec) { ec = detail::code(status); });
		current_ = event(raw);
		return count > 0;
	}

	monclient_queue_t queue_;
	time_limit timeout_;
	event current_;
};

inline queue::range queue::events(time_limit timeout) const noexcept { return range(get(), timeout); }

/* ---- Sinks ---- */

/**
 * Where events go: to a callback, made of anything that can be called with an Event &, or to a queue. A call takes it
 * over. What is given as a sink is usually just a lambda.
 */
template <class Event>
class sink : public detail::userdata_owner<monclient_sink_t> {
public:
	/** No sink. */
	sink() noexcept = default;
	template <class F, class = std::enable_if_t<std::is_invocable_v<std::decay_t<F> &, Event &>>>
	sink(F &&f)
	{
		this->own(std::forward<F>(f));
		this->raw_.callback = [](const monclient_event_t *raw, void *userdata) {
			detail::guarded([&] {
				Event e(*raw);
				std::invoke(*static_cast<std::decay_t<F> *>(userdata), e);
			});
		};
	}
	sink(const queue &q, void *userdata = nullptr) noexcept
	{
		this->raw_.queue = q.get();
		this->raw_.userdata = userdata;
	}

	explicit operator bool() const noexcept { return this->raw_.callback || this->raw_.queue != 0; }
};

/* ---- Operations and subscriptions ---- */

/** An operation that goes on, also without this object. */
class operation : public detail::handle<detail::end_nothing> {
public:
	using handle::handle;

	/** errc::bad_handle: it has completed. */
	void cancel() const { detail::checked([&](auto &ec) { cancel(ec); }); }
	void cancel(std::error_code &ec) const noexcept { ec = detail::code(monclient_op_cancel(get())); }
};

/** A subscription, which ends with this object: no callback of it runs after reset(), or destruction, has returned. */
class [[nodiscard]] subscription : public detail::handle<monclient_unsubscribe> {
public:
	using handle::handle;

	/** errc::bad_handle: it has ended. */
	void unsubscribe() { detail::checked([&](auto &ec) { unsubscribe(ec); }); }
	void unsubscribe(std::error_code &ec) noexcept { ec = detail::code(monclient_unsubscribe(release())); }

	/** Of osdmap with subscribe_options.values: the map of the event that was taken last. */
	monclient::osdmap osdmap() const { return detail::checked([&](auto &ec) { return osdmap(ec); }); }
	monclient::osdmap osdmap(std::error_code &ec) const noexcept
	{ return monclient::osdmap::taken([this](auto *map) { return monclient_sub_osdmap(get(), map); }, ec); }
};

namespace detail {

/** Starts what takes a text and a sink. A text that is none leaves the sink to its destructor. */
template <class Started = operation, class Event, class Call>
Started start(std::string_view text, sink<Event> to, std::error_code &ec, Call &&call) noexcept
{
	std::uint64_t h = 0;
	ec = c_text(text).pass([&](const char *t) {
		const monclient_sink_t raw = to.release();
		return call(t, &raw, &h);
	});
	return Started(h);
}

/** Starts an operation whose result, as get takes it out of the event, goes into a future. */
template <class Event, class Result, class Get, class Start>
std::future<Result> in_future(Get get, operation *op, Start &&start)
{
	std::promise<Result> promise;
	std::future<Result> future = promise.get_future();
	std::error_code ec;
	operation started = start(sink<Event>([promise = std::move(promise), get](Event &e) mutable {
		if (e.status())
			promise.set_exception(std::make_exception_ptr(error(e.status(), e.error(), static_cast<outcome>(e.raw().outcome))));
		else if constexpr (std::is_void_v<Result>)
			promise.set_value();
		else
			promise.set_value(get(e));
	}), ec);
	if (ec) { // and the promise is gone with the sink
		std::promise<Result> failed;
		failed.set_exception(std::make_exception_ptr(failure(ec)));
		future = failed.get_future();
	}
	if (op)
		*op = std::move(started);
	return future;
}

/** Asks questions; clients and configurations do. */
template <class Self>
class asks {
public:
	/**
	 * Asks: client.ask(monclient::ping{"a"}), config.ask(monclient::config_fetch{}). The answer is a buffer with JSON, a
	 * number or nothing, as the question says.
	 */
	template <class Question>
	typename Question::answer ask(const Question &q, time_limit timeout = {}) const
	{ return checked([&](auto &ec) { return ask(q, timeout, ec); }); }
	template <class Question>
	typename Question::answer ask(const Question &q, time_limit timeout, std::error_code &ec) const noexcept
	{
		if constexpr (std::is_same_v<typename Question::answer, buffer>) {
			char *json = nullptr;
			ec = q(self(), timeout.of_call(), &json);
			return json ? buffer(json, std::strlen(json)) : buffer();
		} else if constexpr (std::is_void_v<typename Question::answer>) {
			ec = q(self(), timeout.of_call());
		} else {
			typename Question::answer number{};
			ec = q(self(), timeout.of_call(), &number);
			return number;
		}
	}
	template <class Question>
	operation ask_async(const Question &q, sink<result_event> to, time_limit timeout = {}) const
	{ return checked([&](auto &ec) { return ask_async(q, std::move(to), timeout, ec); }); }
	template <class Question>
	operation ask_async(const Question &q, sink<result_event> to, time_limit timeout, std::error_code &ec) const noexcept
	{
		monclient_op_t op = 0;
		const monclient_sink_t raw = to.release();
		ec = q(self(), timeout.of_call(), &raw, &op);
		if (ec && ec.category() != category() && raw.destroy)
			raw.destroy(raw.userdata); // a text was none, and the library has not seen the sink
		return operation(op);
	}
	/** The future has the JSON as a std::string, the number, or nothing. */
	template <class Question>
	auto ask_future(const Question &q, time_limit timeout = {}, operation *op = nullptr) const
	{
		using answer = typename Question::answer;
		using result = std::conditional_t<std::is_same_v<answer, buffer>, std::string, answer>;
		return in_future<result_event, result>([](result_event &e) {
			if constexpr (std::is_same_v<answer, buffer>)
				return std::string(e.json());
			else
				return e.number();
		}, op, [&](sink<result_event> to, std::error_code &ec) { return ask_async(q, std::move(to), timeout, ec); });
	}

private:
	std::uint64_t self() const noexcept { return static_cast<const Self &>(*this).get(); }
};

} // namespace detail

/* ---- Configuration ---- */

/**
 * Opens connections to monitors: anything that can be called as int(std::string_view ip, std::uint16_t port,
 * std::chrono::milliseconds timeout), from several threads at a time. It returns a descriptor, which the library then
 * owns, or a negative errno, or throws std::system_error with an errno. Other exceptions go where those of callbacks
 * go.
 */
class dialer : public detail::userdata_owner<monclient_dialer_t> {
	template <class F>
	static constexpr bool dials =
		std::is_invocable_r_v<int, F &, std::string_view, std::uint16_t, std::chrono::milliseconds>;

public:
	dialer() noexcept = default;
	template <class F, class = std::enable_if_t<dials<std::decay_t<F>>>>
	dialer(F &&f)
	{
		own(std::forward<F>(f));
		raw_.dial = [](const char *ip, std::uint16_t port, std::int32_t timeout_ms, void *userdata) {
			int fd = MONCLIENT_EIO;
			detail::guarded([&] {
				fd = dial(*static_cast<std::decay_t<F> *>(userdata), ip, port, std::chrono::milliseconds(timeout_ms));
			});
			return fd;
		};
	}

	explicit operator bool() const noexcept { return raw_.dial != nullptr; }

private:
	template <class F>
	static int dial(F &f, const char *ip, std::uint16_t port, std::chrono::milliseconds timeout)
	{
#if defined(__cpp_exceptions)
		try {
			return std::invoke(f, ip, port, timeout);
		} catch (const std::system_error &e) {
			const std::error_condition c = e.code().default_error_condition();
			if (c.category() == std::generic_category() && c.value() > 0 && c.value() < -MONCLIENT_EBADHANDLE)
				return -c.value();
			throw;
		}
#else
		return std::invoke(f, ip, port, timeout);
#endif
	}
};

/** A configuration: see monclient_config_create() for the options. */
class config : public detail::handle<monclient_config_destroy>, public detail::asks<config> {
public:
	config() { detail::checked([&](auto &ec) { create(ec); }); }
	explicit config(std::error_code &ec) noexcept { create(ec); }
	explicit config(monclient_config_t h) noexcept : handle(h) {}

	/** Reads a file, or without one the first of the usual ones. */
	void read_file() { detail::checked([&](auto &ec) { read_file(ec); }); }
	void read_file(std::error_code &ec) noexcept { ec = detail::code(monclient_config_read_file(get(), nullptr)); }
	void read_file(std::string_view path) { detail::checked([&](auto &ec) { read_file(path, ec); }); }
	void read_file(std::string_view path, std::error_code &ec) noexcept
	{
		ec = detail::c_text(path).pass([this](const char *p) { return monclient_config_read_file(get(), p); });
	}

	void parse_env() { detail::checked([&](auto &ec) { parse_env(ec); }); }
	void parse_env(std::error_code &ec) noexcept { ec = detail::code(monclient_config_parse_env(get())); }

	/** Takes the options out of main()'s arguments. argv[0], which is no argument, stays. */
	void parse_argv(int &argc, char **argv) { detail::checked([&](auto &ec) { parse_argv(argc, argv, ec); }); }
	void parse_argv(int &argc, char **argv, std::error_code &ec) noexcept
	{
		int left = 0;
		ec = detail::code(argc < 1 ? MONCLIENT_EINVAL
			: monclient_config_parse_argv(get(), argc - 1, argv + 1, const_cast<const char **>(argv + 1), &left));
		if (!ec)
			argv[argc = left + 1] = nullptr;
	}

	void set(std::string_view option, std::string_view value) { detail::checked([&](auto &ec) { set(option, value, ec); }); }
	void set(std::string_view option, std::string_view value, std::error_code &ec) noexcept
	{
		const detail::c_text o(option), v(value);
		ec = o.error() ? o.error() : v.pass([&](const char *to) { return monclient_config_set(get(), o.c_str(), to); });
	}

	buffer get_option(std::string_view option) const
	{ return detail::checked([&](auto &ec) { return get_option(option, ec); }); }
	buffer get_option(std::string_view option, std::error_code &ec) const noexcept
	{
		char *value = nullptr;
		ec = detail::c_text(option).pass([&](const char *o) { return monclient_config_get(get(), o, &value); });
		return value ? buffer(value, std::strlen(value)) : buffer();
	}

	void set_keyring(std::string_view text) { detail::checked([&](auto &ec) { set_keyring(text, ec); }); }
	void set_keyring(std::string_view text, std::error_code &ec) noexcept
	{
		ec = detail::code(monclient_config_set_keyring(get(), text.data() ? text.data() : "", text.size()));
	}

	void set_monmap(std::string_view map) { detail::checked([&](auto &ec) { set_monmap(map, ec); }); }
	void set_monmap(std::string_view map, std::error_code &ec) noexcept
	{
		ec = detail::code(monclient_config_set_monmap(get(), map.data() ? map.data() : "", map.size()));
	}

	/** {}: the library opens connections again. */
	void set_dialer(dialer d) { detail::checked([&](auto &ec) { set_dialer(std::move(d), ec); }); }
	void set_dialer(dialer d, std::error_code &ec) noexcept
	{
		const monclient_dialer_t raw = d.release();
		ec = detail::code(monclient_config_set_dialer(get(), raw.dial ? &raw : nullptr));
	}

private:
	void create(std::error_code &ec) noexcept
	{
		monclient_config_t c = 0;
		ec = detail::code(monclient_config_create(&c));
		reset(c);
	}
};

/* ---- Client ---- */

struct connect_options {
	time_limit timeout = {};
	sink<session_event> session = {};
	sink<log_event> log = {};
	log_level level = log_level::none;
};

/** What becomes of a command that was sent when its session is lost before the answer came; see monclient.h. */
enum class resend : std::uint32_t {
	by_default = MONCLIENT_RESEND_DEFAULT, /**< as the option monclient_command_resend says */
	always = MONCLIENT_RESEND_ALWAYS,      /**< it is executed at least once */
	never = MONCLIENT_RESEND_NEVER,        /**< it is executed at most once */
	read_only = MONCLIENT_RESEND_READ_ONLY /**< always, if it only reads */
};

struct command_options {
	time_limit timeout = {};
	std::string_view input = {};
	monclient::resend resend = monclient::resend::by_default;
	const char *target = nullptr;  /**< who is to execute it, such as "mon.a" or "mgr"; nullptr: the monitors */
	const char *barrier = nullptr; /**< the map that this client is to have as the command made it, or nullptr */
};

struct subscribe_options {
	std::uint64_t start = 0; /**< the first epoch; 0: the newest map */
	bool onetime = false;
	bool latest = false; /**< only the newest map waits for a slow receiver */
	bool values = false; /**< data is what the map says, as JSON */
};

/* ---- Questions: for ask() of clients and configurations, and its like ---- */

namespace detail {

/** Texts for C, as a list. */
class c_texts {
public:
	c_texts(const std::vector<std::string> &texts) noexcept
		: texts_(new (std::nothrow) const char *[texts.size() + 1]), count_(static_cast<std::uint32_t>(texts.size()))
	{
		if (!texts_)
			error_ = std::make_error_code(std::errc::not_enough_memory);
		for (std::size_t i = 0; texts_ && i < texts.size(); i++) {
			if (texts[i].find('\0') != std::string::npos)
				error_ = std::make_error_code(std::errc::invalid_argument);
			texts_[i] = texts[i].c_str();
		}
	}

	/** Calls, unless a text is none. */
	template <class Call>
	std::error_code pass(Call &&call) const noexcept { return error_ ? error_ : code(call(texts_.get(), count_)); }

private:
	std::unique_ptr<const char *[]> texts_;
	std::uint32_t count_;
	std::error_code error_;
};

} // namespace detail

/** Is a monitor there? Answered by JSON; see monclient_ping(). */
struct ping {
	std::string_view mon;
	using answer = buffer;
	std::error_code operator()(monclient_t c, std::int32_t ms, char **json) const noexcept
	{ return detail::c_text(mon).pass([&](const char *t) { return monclient_ping(c, t, ms, json); }); }
	std::error_code operator()(monclient_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return detail::c_text(mon).pass([&](const char *t) { return monclient_ping_async(c, t, ms, to, op); }); }
};

/** Is a monitor of a configuration there? For config::ask(). Answered by JSON; see monclient_config_ping(). */
struct config_ping {
	std::string_view mon;
	using answer = buffer;
	std::error_code operator()(monclient_config_t c, std::int32_t ms, char **json) const noexcept
	{ return detail::c_text(mon).pass([&](const char *t) { return monclient_config_ping(c, t, ms, json); }); }
	std::error_code operator()(monclient_config_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return detail::c_text(mon).pass([&](const char *t) { return monclient_config_ping_async(c, t, ms, to, op); }); }
};

/** The options that the monitors have for whoever is about to connect. For config::ask(); see monclient_config_fetch(). */
struct config_fetch {
	using answer = buffer;
	std::error_code operator()(monclient_config_t c, std::int32_t ms, char **json) const noexcept { return detail::code(monclient_config_fetch(c, ms, json)); }
	std::error_code operator()(monclient_config_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return detail::code(monclient_config_fetch_async(c, ms, to, op)); }
};

/** The epoch of a map, once this client has it as new as the monitors do; see monclient_latest(). */
struct latest {
	std::string_view what;
	using answer = std::uint64_t;
	std::error_code operator()(monclient_t c, std::int32_t ms, std::uint64_t *epoch) const noexcept
	{ return detail::c_text(what).pass([&](const char *t) { return monclient_latest(c, t, ms, epoch); }); }
	std::error_code operator()(monclient_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return detail::c_text(what).pass([&](const char *t) { return monclient_latest_async(c, t, ms, to, op); }); }
};

/** Have the monitors acknowledged what was written to the cluster log? See monclient_log_flush(). */
struct log_flush {
	using answer = void;
	std::error_code operator()(monclient_t c, std::int32_t ms) const noexcept { return detail::code(monclient_log_flush(c, ms)); }
	std::error_code operator()(monclient_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return detail::code(monclient_log_flush_async(c, ms, to, op)); }
};

/** The capacity of the cluster, or of a pool. Answered by JSON; see monclient_cluster_stats(). */
struct cluster_stats {
	std::int64_t pool = -1;
	using answer = buffer;
	std::error_code operator()(monclient_t c, std::int32_t ms, char **json) const noexcept { return detail::code(monclient_cluster_stats(c, pool, ms, json)); }
	std::error_code operator()(monclient_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return detail::code(monclient_cluster_stats_async(c, pool, ms, to, op)); }
};

/** The pools. Answered by JSON; see monclient_pools(). */
struct pools {
	using answer = buffer;
	std::error_code operator()(monclient_t c, std::int32_t ms, char **json) const noexcept { return detail::code(monclient_pools(c, ms, json)); }
	std::error_code operator()(monclient_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return detail::code(monclient_pools_async(c, ms, to, op)); }
};

/** Statistics of pools. Answered by JSON; see monclient_pool_stats(). */
struct pool_stats {
	std::vector<std::string> names;
	using answer = buffer;
	std::error_code operator()(monclient_t c, std::int32_t ms, char **json) const noexcept
	{ return detail::c_texts(names).pass([&](auto *t, auto n) { return monclient_pool_stats(c, t, n, ms, json); }); }
	std::error_code operator()(monclient_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return detail::c_texts(names).pass([&](auto *t, auto n) { return monclient_pool_stats_async(c, t, n, ms, to, op); }); }
};

enum class pool_action : std::uint32_t {
	create = MONCLIENT_POOL_CREATE,
	remove = MONCLIENT_POOL_DELETE,
	snap_create = MONCLIENT_POOL_SNAP_CREATE,
	snap_remove = MONCLIENT_POOL_SNAP_DELETE,
	selfmanaged_snap_create = MONCLIENT_POOL_SELFMANAGED_SNAP_CREATE,
	selfmanaged_snap_remove = MONCLIENT_POOL_SELFMANAGED_SNAP_DELETE
};

/** Changes a pool or its snapshots. Answered by the number of a new self-managed snapshot; see monclient_pool_op(). */
struct pool_op {
	pool_action action;
	std::int64_t pool = 0;
	std::string name = {};
	std::uint64_t snap = 0;
	std::int32_t crush_rule = -1;
	using answer = std::uint64_t;
	std::error_code operator()(monclient_t c, std::int32_t ms, std::uint64_t *number) const noexcept
	{
		return with([&](const monclient_pool_op_t *o) { return monclient_pool_op(c, o, ms, number); });
	}
	std::error_code operator()(monclient_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{
		return with([&](const monclient_pool_op_t *o) { return monclient_pool_op_async(c, o, ms, to, op); });
	}

private:
	template <class Call>
	std::error_code with(Call &&call) const noexcept
	{
		return detail::c_text(name).pass([&](const char *t) {
			monclient_pool_op_t o = {};
			o.struct_size = sizeof o;
			o.op = static_cast<std::uint32_t>(action);
			o.pool = pool;
			o.name = t;
			o.snap = snap;
			o.crush_rule = crush_rule;
			return call(&o);
		});
	}
};

/** The addresses that OSDs refuse. Answered by JSON; see monclient_blocklist(). */
struct blocklist {
	using answer = buffer;
	std::error_code operator()(monclient_t c, std::int32_t ms, char **json) const noexcept { return detail::code(monclient_blocklist(c, ms, json)); }
	std::error_code operator()(monclient_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return detail::code(monclient_blocklist_async(c, ms, to, op)); }
};

/** Has OSDs refuse an address; see monclient_blocklist_add(). */
struct blocklist_add {
	std::string_view addr;
	std::chrono::seconds duration{0}; /**< 0: the cluster's default */
	using answer = void;
	std::error_code operator()(monclient_t c, std::int32_t ms) const noexcept
	{ return with([&](const char *t, std::uint32_t s) { return monclient_blocklist_add(c, t, s, ms); }); }
	std::error_code operator()(monclient_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return with([&](const char *t, std::uint32_t s) { return monclient_blocklist_add_async(c, t, s, ms, to, op); }); }

private:
	template <class Call>
	std::error_code with(Call &&call) const noexcept
	{
		const auto seconds = static_cast<std::uint32_t>(duration.count());
		if (duration.count() != seconds) // negative, or more than a century
			return std::make_error_code(std::errc::invalid_argument);
		return detail::c_text(addr).pass([&](const char *t) { return call(t, seconds); });
	}
};

/** Undoes blocklist_add; see monclient_blocklist_remove(). */
struct blocklist_remove {
	std::string_view addr;
	using answer = void;
	std::error_code operator()(monclient_t c, std::int32_t ms) const noexcept
	{ return detail::c_text(addr).pass([&](const char *t) { return monclient_blocklist_remove(c, t, ms); }); }
	std::error_code operator()(monclient_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return detail::c_text(addr).pass([&](const char *t) { return monclient_blocklist_remove_async(c, t, ms, to, op); }); }
};

/** The command that words mean. Answered by JSON for client::command(); see monclient_command_parse(). */
struct command_parse {
	std::vector<std::string> words;
	using answer = buffer;
	std::error_code operator()(monclient_t c, std::int32_t ms, char **json) const noexcept
	{ return detail::c_texts(words).pass([&](auto *t, auto n) { return monclient_command_parse(c, t, n, ms, json); }); }
	std::error_code operator()(monclient_t c, std::int32_t ms, const monclient_sink_t *to, monclient_op_t *op) const noexcept
	{ return detail::c_texts(words).pass([&](auto *t, auto n) { return monclient_command_parse_async(c, t, n, ms, to, op); }); }
};

/** The state of the session at one moment. Texts live as long as the object. Look only at one that is one. */
class session {
public:
	session() noexcept = default;
	explicit session(monclient_session_t *raw) noexcept : raw_(raw) {}

	explicit operator bool() const noexcept { return raw_ != nullptr; }
	const monclient_session_t *get() const noexcept { return raw_.get(); }

	std::string_view mon() const noexcept { return raw_->mon; }
	std::string_view addr() const noexcept { return raw_->addr; }
	std::string_view local_addr() const noexcept { return raw_->local_addr; }
	std::string_view mode() const noexcept { return raw_->mode; }
	std::uint64_t features() const noexcept { return raw_->features; }
	std::int32_t rank() const noexcept { return raw_->rank; }
	std::chrono::system_clock::time_point since() const noexcept
	{
		return std::chrono::system_clock::time_point(
			std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::nanoseconds(raw_->since_ns)));
	}

private:
	struct deleter {
		void operator()(monclient_session_t *s) const noexcept { monclient_session_free(s); }
	};
	std::unique_ptr<monclient_session_t, deleter> raw_;
};

/**
 * A client. Each ..._async() gives one event to its sink, and what it returns may be dropped. Each ..._future() puts
 * the result, or the error of any kind, into the future; nothing may wait for one in a callback of the same client,
 * where it would wait for ever. If op is given, it can cancel.
 */
class client : public detail::handle<detail::close_client>, public detail::asks<client> {
public:
	using handle::handle;

	static client connect(const config &c, connect_options options = {})
	{ return detail::checked([&](auto &ec) { return connect(c, std::move(options), ec); }); }
	static client connect(const config &c, connect_options options, std::error_code &ec) noexcept
	{
		monclient_t h = 0;
		raw_options raw(options);
		ec = detail::code(monclient_connect(c.get(), &raw.connect, &h));
		return client(h);
	}
	static operation connect_async(const config &c, sink<connect_event> to, connect_options options = {})
	{ return detail::checked([&](auto &ec) { return connect_async(c, std::move(to), std::move(options), ec); }); }
	static operation connect_async(const config &c, sink<connect_event> to, connect_options options,
	                               std::error_code &ec) noexcept;
	static std::future<client> connect_future(const config &c, connect_options options = {}, operation *op = nullptr);

	/** As the destructor does. In its own callbacks it is std::errc::resource_deadlock_would_occur, and stays open. */
	void close() { detail::checked([&](auto &ec) { close(ec); }); }
	void close(std::error_code &ec) noexcept
	{
		ec = detail::code(monclient_close(get()));
		if (ec != std::errc::resource_deadlock_would_occur)
			static_cast<void>(release());
	}

	monclient::fsid fsid() const { return detail::checked([&](auto &ec) { return fsid(ec); }); }
	monclient::fsid fsid(std::error_code &ec) const noexcept
	{
		monclient::fsid id;
		ec = detail::code(monclient_fsid(get(), id.text_.data(), id.text_.size()));
		return id;
	}

	std::uint64_t global_id() const { return detail::checked([&](auto &ec) { return global_id(ec); }); }
	std::uint64_t global_id(std::error_code &ec) const noexcept
	{
		std::uint64_t id = 0;
		ec = detail::code(monclient_global_id(get(), &id));
		return id;
	}

	buffer monmap() const { return detail::checked([&](auto &ec) { return monmap(ec); }); }
	buffer monmap(std::error_code &ec) const noexcept
	{
		void *data = nullptr;
		std::size_t len = 0;
		ec = detail::code(monclient_monmap(get(), &data, &len));
		return buffer(data, len);
	}

	buffer monmap_json() const { return detail::checked([&](auto &ec) { return monmap_json(ec); }); }
	buffer monmap_json(std::error_code &ec) const noexcept
	{
		char *json = nullptr;
		ec = detail::code(monclient_monmap_json(get(), &json));
		return json ? buffer(json, std::strlen(json)) : buffer();
	}

	monclient::session session() const { return detail::checked([&](auto &ec) { return session(ec); }); }
	monclient::session session(std::error_code &ec) const noexcept
	{
		monclient_session_t *s = nullptr;
		ec = detail::code(monclient_session(get(), &s));
		return monclient::session(s);
	}

	/** The standby sessions, as a JSON array. */
	buffer standbys_json() const { return detail::checked([&](auto &ec) { return standbys_json(ec); }); }
	buffer standbys_json(std::error_code &ec) const noexcept
	{
		char *json = nullptr;
		ec = detail::code(monclient_standbys_json(get(), &json));
		return json ? buffer(json, std::strlen(json)) : buffer();
	}

	/** Changes the key, in base64, of a client that is connected. */
	void set_key(std::string_view key) const { detail::checked([&](auto &ec) { set_key(key, ec); }); }
	void set_key(std::string_view key, std::error_code &ec) const noexcept
	{
		ec = detail::c_text(key).pass([this](const char *k) { return monclient_set_key(get(), k); });
	}

	void set_log_level(log_level level) const { detail::checked([&](auto &ec) { set_log_level(level, ec); }); }
	void set_log_level(log_level level, std::error_code &ec) const noexcept
	{
		ec = detail::code(monclient_set_log_level(get(), static_cast<std::uint32_t>(level)));
	}

	/** Sends a command, a JSON object. What the monitors said to it is in the reply. */
	reply command(std::string_view cmd, const command_options &options = {}) const
	{ return detail::checked([&](auto &ec) { return command(cmd, options, ec); }); }
	reply command(std::string_view cmd, const command_options &options, std::error_code &ec) const noexcept
	{
		monclient_reply_t *r = nullptr;
		const monclient_command_options_t raw = command_raw(options);
		ec = detail::c_text(cmd).pass([&](const char *c) { return monclient_command(get(), c, &raw, &r); });
		return reply(r);
	}
	operation command_async(std::string_view cmd, sink<command_event> to, const command_options &options = {}) const
	{ return detail::checked([&](auto &ec) { return command_async(cmd, std::move(to), options, ec); }); }
	operation command_async(std::string_view cmd, sink<command_event> to, const command_options &options,
	                        std::error_code &ec) const noexcept
	{
		const monclient_command_options_t raw = command_raw(options);
		return detail::start(cmd, std::move(to), ec, [&](const char *c, const monclient_sink_t *sink, monclient_op_t *op) {
			return monclient_command_async(get(), c, &raw, sink, op);
		});
	}
	std::future<reply> command_future(std::string_view cmd, const command_options &options = {}, operation *op = nullptr) const
	{
		return detail::in_future<command_event, reply>([](command_event &e) { return e.reply(); }, op,
			[&](sink<command_event> to, std::error_code &ec) { return command_async(cmd, std::move(to), options, ec); });
	}

	epochs get_version(std::string_view what, time_limit timeout = {}) const
	{ return detail::checked([&](auto &ec) { return get_version(what, timeout, ec); }); }
	epochs get_version(std::string_view what, time_limit timeout, std::error_code &ec) const noexcept
	{
		epochs e;
		ec = detail::c_text(what).pass([&](const char *w) {
			return monclient_get_version(get(), w, timeout.of_call(), &e.newest, &e.oldest);
		});
		return e;
	}
	operation get_version_async(std::string_view what, sink<version_event> to, time_limit timeout = {}) const
	{ return detail::checked([&](auto &ec) { return get_version_async(what, std::move(to), timeout, ec); }); }
	operation get_version_async(std::string_view what, sink<version_event> to, time_limit timeout,
	                            std::error_code &ec) const noexcept
	{
		return detail::start(what, std::move(to), ec, [&](const char *w, const monclient_sink_t *sink, monclient_op_t *op) {
			return monclient_get_version_async(get(), w, timeout.of_call(), sink, op);
		});
	}
	std::future<epochs> get_version_future(std::string_view what, time_limit timeout = {}, operation *op = nullptr) const
	{
		return detail::in_future<version_event, epochs>([](version_event &e) { return e.epochs(); }, op,
			[&](sink<version_event> to, std::error_code &ec) { return get_version_async(what, std::move(to), timeout, ec); });
	}

	/** The epoch that came; epoch 0 waits for the newest one. */
	std::uint64_t wait_for_map(std::string_view what, std::uint64_t epoch = 0, time_limit timeout = {}) const
	{ return detail::checked([&](auto &ec) { return wait_for_map(what, epoch, timeout, ec); }); }
	std::uint64_t wait_for_map(std::string_view what, std::uint64_t epoch, time_limit timeout, std::error_code &ec) const noexcept
	{
		std::uint64_t got = 0;
		ec = detail::c_text(what).pass([&](const char *w) {
			return monclient_wait_for_map(get(), w, epoch, timeout.of_call(), &got);
		});
		return got;
	}
	operation wait_for_map_async(std::string_view what, std::uint64_t epoch, sink<wait_event> to, time_limit timeout = {}) const
	{ return detail::checked([&](auto &ec) { return wait_for_map_async(what, epoch, std::move(to), timeout, ec); }); }
	operation wait_for_map_async(std::string_view what, std::uint64_t epoch, sink<wait_event> to, time_limit timeout,
	                             std::error_code &ec) const noexcept
	{
		return detail::start(what, std::move(to), ec, [&](const char *w, const monclient_sink_t *sink, monclient_op_t *op) {
			return monclient_wait_for_map_async(get(), w, epoch, timeout.of_call(), sink, op);
		});
	}
	std::future<std::uint64_t> wait_for_map_future(std::string_view what, std::uint64_t epoch = 0, time_limit timeout = {},
	                                               operation *op = nullptr) const
	{
		return detail::in_future<wait_event, std::uint64_t>([](wait_event &e) { return e.epoch(); }, op,
			[&](sink<wait_event> to, std::error_code &ec) { return wait_for_map_async(what, epoch, std::move(to), timeout, ec); });
	}

	/** The newest map of the OSDs. */
	monclient::osdmap osdmap(time_limit timeout = {}) const { return detail::checked([&](auto &ec) { return osdmap(timeout, ec); }); }
	monclient::osdmap osdmap(time_limit timeout, std::error_code &ec) const noexcept
	{ return monclient::osdmap::taken([&](auto *map) { return monclient_osdmap(get(), timeout.of_call(), map); }, ec); }
	operation osdmap_async(sink<result_event> to, time_limit timeout = {}) const
	{ return detail::checked([&](auto &ec) { return osdmap_async(std::move(to), timeout, ec); }); }
	operation osdmap_async(sink<result_event> to, time_limit timeout, std::error_code &ec) const noexcept
	{
		monclient_op_t op = 0;
		const monclient_sink_t raw = to.release();
		ec = detail::code(monclient_osdmap_async(get(), timeout.of_call(), &raw, &op));
		return operation(op);
	}
	std::future<monclient::osdmap> osdmap_future(time_limit timeout = {}, operation *op = nullptr) const
	{
		return detail::in_future<result_event, monclient::osdmap>([](result_event &e) { return e.osdmap(); }, op,
			[&](sink<result_event> to, std::error_code &ec) { return osdmap_async(std::move(to), timeout, ec); });
	}

	/** Follows a map for as long as the subscription lives. The first event may come before this has returned. */
	subscription subscribe(std::string_view what, sink<map_event> to, subscribe_options options = {}) const
	{ return detail::checked([&](auto &ec) { return subscribe(what, std::move(to), options, ec); }); }
	subscription subscribe(std::string_view what, sink<map_event> to, subscribe_options options,
	                       std::error_code &ec) const noexcept
	{
		std::uint32_t flags = 0;
		if (options.onetime)
			flags |= MONCLIENT_SUBSCRIBE_ONETIME;
		if (options.latest)
			flags |= MONCLIENT_SUBSCRIBE_LATEST;
		if (options.values)
			flags |= MONCLIENT_SUBSCRIBE_VALUES;
		return detail::start<subscription>(what, std::move(to), ec, [&](const char *w, const monclient_sink_t *s, monclient_sub_t *sub) {
			return monclient_subscribe(get(), w, options.start, flags, s, sub);
		});
	}

	/** Writes an entry to the cluster log; see monclient_log_write(). */
	void log_write(std::string_view level, std::string_view text, std::string_view channel = "cluster") const
	{ detail::checked([&](auto &ec) { log_write(level, text, channel, ec); }); }
	void log_write(std::string_view level, std::string_view text, std::string_view channel, std::error_code &ec) const noexcept
	{
		const detail::c_text l(level), c(channel);
		ec = l.error() ? l.error() : c.error() ? c.error() : detail::c_text(text).pass([&](const char *t) {
			return monclient_log_write(get(), l.c_str(), c.c_str(), t);
		});
	}

	/** The client's own address as the cluster sees it. */
	buffer addr() const { return detail::checked([&](auto &ec) { return addr(ec); }); }
	buffer addr(std::error_code &ec) const noexcept { return text_of(monclient_addr, ec); }
	/** The session with the active manager. */
	buffer mgr_json() const { return detail::checked([&](auto &ec) { return mgr_json(ec); }); }
	buffer mgr_json(std::error_code &ec) const noexcept { return text_of(monclient_mgr_json, ec); }
	/** The options that are in effect. */
	buffer options_json() const { return detail::checked([&](auto &ec) { return options_json(ec); }); }
	buffer options_json(std::error_code &ec) const noexcept { return text_of(monclient_options_json, ec); }
	/** What the client has done so far. */
	buffer stats_json() const { return detail::checked([&](auto &ec) { return stats_json(ec); }); }
	buffer stats_json(std::error_code &ec) const noexcept { return text_of(monclient_stats_json, ec); }

private:
	buffer text_of(int (*get_text)(monclient_t, char **), std::error_code &ec) const noexcept
	{
		char *text = nullptr;
		ec = detail::code(get_text(get(), &text));
		return text ? buffer(text, std::strlen(text)) : buffer();
	}

	/** The options of C, for the time of the call that takes over the sinks. */
	struct raw_options {
		explicit raw_options(connect_options &o) noexcept : session(o.session.release()), log(o.log.release())
		{
			connect.struct_size = sizeof connect;
			connect.timeout_ms = o.timeout.of_call();
			connect.session = session.callback || session.queue ? &session : nullptr;
			connect.log = log.callback || log.queue ? &log : nullptr;
			connect.log_level = static_cast<std::uint32_t>(o.level);
		}
		raw_options(const raw_options &) = delete;
		raw_options &operator=(const raw_options &) = delete;

		monclient_sink_t session, log;
		monclient_connect_options_t connect = {};
	};

	static monclient_command_options_t command_raw(const command_options &o) noexcept
	{
		monclient_command_options_t raw = {};
		raw.struct_size = sizeof raw;
		raw.timeout_ms = o.timeout.of_call();
		raw.input = o.input.data();
		raw.input_len = o.input.size();
		raw.resend = static_cast<std::uint32_t>(o.resend);
		raw.target = o.target;
		raw.barrier = o.barrier;
		return raw;
	}
};

/**
 * Connecting has completed. This view owns the new client, and closes it unless it was taken; of an event of a queue
 * make just one, or the client lives on without an owner.
 */
class connect_event : public event_view {
public:
	static constexpr event_type kind = event_type::connect;
	explicit connect_event(const monclient_event_t &raw) noexcept
		: event_view(raw), client_(raw.status == MONCLIENT_OK ? raw.client : 0) {}

	/** The client; none when status() is an error, or it was taken before. */
	monclient::client take() noexcept { return std::move(client_); }

private:
	monclient::client client_;
};

inline operation client::connect_async(const config &c, sink<connect_event> to, connect_options options,
                                       std::error_code &ec) noexcept
{
	monclient_op_t op = 0;
	raw_options raw(options);
	const monclient_sink_t sink = to.release();
	ec = detail::code(monclient_connect_async(c.get(), &raw.connect, &sink, &op));
	return operation(op);
}

inline std::future<client> client::connect_future(const config &c, connect_options options, operation *op)
{
	return detail::in_future<connect_event, client>([](connect_event &e) { return e.take(); }, op,
		[&](sink<connect_event> to, std::error_code &ec) { return connect_async(c, std::move(to), std::move(options), ec); });
}

} // namespace monclient

template <>
struct std::is_error_code_enum<monclient::errc> : std::true_type {};

#endif // MONCLIENT_HPP
