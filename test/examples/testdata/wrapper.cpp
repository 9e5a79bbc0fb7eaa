/*
 * Tests monclient.hpp: every class and every overload, against embedded monitors in this process and, for the dialer,
 * those of $CEPH_CONF. Says what failed and exits with 1.
 */
#include <monclient.hpp>
#include <monclienttest.h>

#include <arpa/inet.h>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <sstream>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

using namespace std::chrono_literals;
namespace mc = monclient;

namespace {

int failures = 0;

template <class T>
std::string show(const T &v)
{
	std::ostringstream s;
	if constexpr (std::is_enum_v<T>)
		s << static_cast<int>(v);
	else
		s << v;
	return s.str();
}

template <class A, class B>
void equal(int line, const char *text, const A &got, const B &want)
{
	if (got == want)
		return;
	std::fprintf(stderr, "wrapper.cpp:%d: %s: got %s, want %s (%s)\n", line, text, show(got).c_str(), show(want).c_str(), monclient_last_error());
	failures++;
}

#define EQUAL(got, want) equal(__LINE__, #got, got, want)
#define CHECK(what) equal(__LINE__, #what, static_cast<bool>(what), true)

/** Expects an exception with a code. */
#define THROWS(type, call, want) \
	try { \
		call; \
		equal(__LINE__, #call, std::string("nothing thrown"), #type); \
	} catch (const type &thrown) { \
		equal(__LINE__, #call, thrown.code() == (want), true); \
		equal(__LINE__, #call ": text", *thrown.what() != '\0', true); \
	}

/** Expects an error code. */
#define FAILS(call, want) \
	do { \
		std::error_code failed; \
		static_cast<void>(call); \
		equal(__LINE__, #call, failed == (want), true); \
		static_assert(noexcept(call), #call); \
	} while (0)

/** Counts, and waits for a count. */
class counter {
public:
	void add()
	{
		const std::lock_guard<std::mutex> guard(lock_);
		n_++;
		changed_.notify_all();
	}
	int get() const
	{
		const std::lock_guard<std::mutex> guard(lock_);
		return n_;
	}
	bool reaches(int n) const
	{
		std::unique_lock<std::mutex> guard(lock_);
		return changed_.wait_for(guard, 20s, [&] { return n_ >= n; });
	}

private:
	mutable std::mutex lock_;
	mutable std::condition_variable changed_;
	int n_ = 0;
};

/** Counts how often it is destroyed, not counting what was moved from. */
class tracked {
public:
	explicit tracked(counter &c) : counter_(&c) {}
	tracked(tracked &&other) noexcept : counter_(std::exchange(other.counter_, nullptr)) {}
	tracked(const tracked &) = delete;
	tracked &operator=(const tracked &) = delete;
	tracked &operator=(tracked &&) = delete;
	~tracked()
	{
		if (counter_)
			counter_->add();
	}

private:
	counter *counter_;
};

/** A quorum of embedded monitors. */
class quorum {
public:
	explicit quorum(std::uint32_t n) { EQUAL(monclienttest_start(n, &mons_), MONCLIENT_OK); }
	quorum(quorum &&other) noexcept : mons_(std::exchange(other.mons_, 0)) {}
	quorum &operator=(quorum &&) = delete;
	~quorum()
	{
		if (mons_ != 0)
			EQUAL(monclienttest_stop(mons_), MONCLIENT_OK);
	}
	void act(const char *what) const { EQUAL(monclienttest_do(mons_, what), MONCLIENT_OK); }
	std::string key() const
	{
		char *key = nullptr;
		EQUAL(monclienttest_key(mons_, &key), MONCLIENT_OK);
		const std::string copy = key;
		monclient_free(key);
		return copy;
	}
	mc::config config() const
	{
		mc::config c;
		EQUAL(monclienttest_configure(mons_, c.get()), MONCLIENT_OK);
		return c;
	}
	mc::client connect(mc::connect_options o = {}) const { return mc::client::connect(config(), std::move(o)); }

private:
	monclienttest_mons_t mons_ = 0;
};

/** One monitor that answers no command. */
quorum drops_commands()
{
	quorum q(1);
	q.act("drop-replies");
	return q;
}

const char *const status_json = R"({"prefix": "mon stat"})";
const char *const nonsense = R"({"prefix": "nonsense"})";

/** Waits until the library has nothing alive. */
void expect_nothing(const char *after)
{
	const auto until = std::chrono::steady_clock::now() + 20s;
	monclient_counters_t c;
	do {
		c = mc::counters();
		if (!(c.configs | c.clients | c.operations | c.subscriptions | c.queues | c.sinks | c.buffers | c.threads | c.osdmaps))
			return;
		std::this_thread::yield();
	} while (std::chrono::steady_clock::now() < until);
	std::fprintf(stderr, "after %s: alive: %u configs, %u clients, %u operations, %u subscriptions, %u queues, %u sinks, %u buffers, %u threads, %u osdmaps\n",
	             after, c.configs, c.clients, c.operations, c.subscriptions, c.queues, c.sinks, c.buffers, c.threads, c.osdmaps);
	failures++;
}

void test_errors()
{
	EQUAL(std::string(mc::category().name()), "monclient");
	const std::error_code timeout(MONCLIENT_ETIMEDOUT, mc::category());
	CHECK(timeout == std::errc::timed_out);
	CHECK(timeout != std::errc::invalid_argument);
	CHECK(std::error_code(0, mc::category()) == std::error_condition());
	CHECK(std::error_code(MONCLIENT_EBADHANDLE, mc::category()) == mc::errc::bad_handle);
	CHECK(std::error_code(MONCLIENT_ECLOSED, mc::category()) == mc::errc::closed);
	CHECK(std::error_code(mc::errc::forked) == mc::errc::forked);
	CHECK(mc::make_error_code(mc::errc::internal).default_error_condition().category() == mc::category());
	for (const auto &[status, e] : std::vector<std::pair<int, std::errc>>{
			{MONCLIENT_EPERM, std::errc::operation_not_permitted}, {MONCLIENT_ENOENT, std::errc::no_such_file_or_directory},
			{MONCLIENT_EACCES, std::errc::permission_denied}, {MONCLIENT_ENXIO, std::errc::no_such_device_or_address},
			{MONCLIENT_EEXIST, std::errc::file_exists}, {MONCLIENT_EINVAL, std::errc::invalid_argument},
			{MONCLIENT_EDEADLK, std::errc::resource_deadlock_would_occur}, {MONCLIENT_ECANCELED, std::errc::operation_canceled},
			{MONCLIENT_ECONNREFUSED, std::errc::connection_refused}, {MONCLIENT_EHOSTUNREACH, std::errc::host_unreachable}})
		CHECK(std::error_code(status, mc::category()) == e);
	EQUAL(timeout.message(), monclient_strerror(MONCLIENT_ETIMEDOUT));
	const mc::error e(timeout, "what happened");
	const mc::error copy = e; // NOLINT: it is the copy that is tested
	EQUAL(std::string(copy.what()), "what happened");
	CHECK(copy.code() == timeout);
	static_assert(std::is_nothrow_copy_constructible_v<mc::error>);
	static_assert(std::is_base_of_v<std::system_error, mc::error> && std::is_base_of_v<mc::error, mc::refused>);
	EQUAL(mc::version_number(), static_cast<std::uint32_t>(MONCLIENT_VERSION_NUMBER));
	EQUAL(mc::version(), monclient_version());
	CHECK(mc::has_feature("queue"));
	CHECK(!mc::has_feature("telepathy"));
}

void test_time_limit()
{
	static_assert(mc::time_limit().of_call() == 0 && mc::time_limit().of_poll() == 0);
	static_assert(mc::forever.of_call() == MONCLIENT_FOREVER && mc::forever.of_poll() == MONCLIENT_FOREVER);
	static_assert(mc::time_limit(2s).of_call() == 2000 && mc::time_limit(7ms).of_poll() == 7);
	static_assert(mc::time_limit(1us).of_call() == 1 && mc::time_limit(1001us).of_call() == 2);
	static_assert(mc::time_limit(std::chrono::duration<double>(0.25)).of_call() == 250);
	static_assert(mc::time_limit(0s).of_call() == 1 && mc::time_limit(0s).of_poll() == 0);
	static_assert(mc::time_limit(-5s).of_call() == 1 && mc::time_limit(-5s).of_poll() == 0);
	static_assert(mc::time_limit(std::chrono::hours(24 * 365)).of_call() == MONCLIENT_FOREVER);
	static_assert(mc::time_limit(std::chrono::hours::max()).of_call() == MONCLIENT_FOREVER);
	static_assert(mc::time_limit(std::chrono::nanoseconds::min()).of_call() == 1);
}

template <class T>
constexpr bool owns = std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T> &&
	!std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>;

void test_owners()
{
	static_assert(owns<mc::config> && owns<mc::client> && owns<mc::queue> && owns<mc::subscription> && owns<mc::operation>);
	static_assert(owns<mc::event> && owns<mc::reply> && owns<mc::session> && owns<mc::buffer> && owns<mc::event_batch>);
	static_assert(owns<mc::sink<mc::map_event>> && owns<mc::dialer>);
	static_assert(!std::is_constructible_v<mc::sink<mc::map_event>, void (*)(int)> && !std::is_constructible_v<mc::dialer, int (*)()>);

	mc::config a;
	const monclient_config_t h = a.get();
	CHECK(a);
	mc::config b(std::move(a));
	EQUAL(b.get(), h);
	CHECK(!a); // NOLINT: what a moved-from object does is tested
	a = std::move(b);
	EQUAL(a.get(), h);
	mc::config &same = a;
	a = std::move(same);
	EQUAL(a.get(), h);
	EQUAL(a.release(), h);
	CHECK(!a);
	b.reset(h);
	EQUAL(b.get(), h);
	b.reset();
	FAILS(mc::config(h).read_file(failed), mc::errc::bad_handle);

	mc::buffer empty;
	EQUAL(empty.view(), "");
	CHECK(empty.empty());
	EQUAL(std::string_view(empty.data()), "");
	mc::reply none;
	CHECK(!none);
	CHECK(none.sender().empty());
	none.check();
	EQUAL(none.output(), "");
	CHECK(!mc::event());
	CHECK(!mc::session());
	CHECK(!mc::sink<mc::log_event>());
	CHECK(!mc::dialer());
}

void test_config(int argc, char **argv)
{
	std::error_code ec;
	mc::config c;
	c.set("mon_host", "10.1.2.3");
	EQUAL(c.get_option("mon_host").view(), "10.1.2.3");
	EQUAL(c.get_option("mon_host", ec).str(), "10.1.2.3");
	c.set("name", std::string("client.") + std::string(300, 'x'), ec);
	CHECK(!ec);
	EQUAL(c.get_option("name").size(), std::size_t(307));
	THROWS(mc::error, c.set("nonsense", "1"), std::errc::no_such_file_or_directory);
	FAILS(c.set("nonsense", "1", failed), std::errc::no_such_file_or_directory);
	FAILS(c.set("client_mount_timeout", "soon", failed), std::errc::invalid_argument);
	THROWS(mc::error, c.get_option("nonsense"), std::errc::no_such_file_or_directory);
	FAILS(c.get_option("nonsense", failed), std::errc::no_such_file_or_directory);
	// What would be cut off is refused, with a text of its own.
	const std::string_view nul("mon_host\0x", 10);
	FAILS(c.set(nul, "1", failed), std::errc::invalid_argument);
	FAILS(c.set("mon_host", nul, failed), std::errc::invalid_argument);
	FAILS(c.get_option(nul, failed), std::errc::invalid_argument);
	FAILS(c.read_file(nul, failed), std::errc::invalid_argument);
	THROWS(mc::error, c.set("mon_host", nul), std::errc::invalid_argument);
	EQUAL(c.get_option("mon_host").view(), "10.1.2.3");
	FAILS(c.set("mon_host", "\xff", failed), std::errc::illegal_byte_sequence);

	THROWS(mc::error, c.read_file("/nonexistent"), std::errc::no_such_file_or_directory);
	FAILS(c.read_file("/nonexistent", failed), std::errc::no_such_file_or_directory);
	const std::string longer(5000, 'x'); // than the room for short texts
	FAILS(c.read_file(longer, failed), std::errc::no_such_file_or_directory);
	THROWS(mc::error, c.set_keyring("[client.admin"), std::errc::invalid_argument);
	FAILS(c.set_keyring("[client.admin", failed), std::errc::invalid_argument);
	THROWS(mc::error, c.set_monmap("no monmap"), std::errc::protocol_error);
	FAILS(c.set_monmap({}, failed), std::errc::protocol_error);

	setenv("CEPH_ARGS", "--mon-client-hunt-parallel 7", 1);
	c.parse_env();
	EQUAL(c.get_option("mon_client_hunt_parallel").view(), "7");
	setenv("CEPH_ARGS", "--mon-client-hunt-parallel x", 1);
	THROWS(mc::error, c.parse_env(), std::errc::invalid_argument);
	FAILS(c.parse_env(failed), std::errc::invalid_argument);
	unsetenv("CEPH_ARGS");

	// argv of the test is: one --id two three
	const std::vector<char *> saved(argv, argv + argc + 1);
	int n = argc;
	mc::config args;
	args.parse_argv(n, argv);
	EQUAL(n, 3);
	EQUAL(std::string_view(argv[0]), saved[0]);
	EQUAL(std::string_view(argv[1]), "one");
	EQUAL(std::string_view(argv[2]), "three");
	CHECK(argv[3] == nullptr);
	EQUAL(args.get_option("name").view(), "client.two");
	n = argc;
	std::copy(saved.begin(), saved.end(), argv);
	args.parse_argv(n, argv, ec);
	CHECK(!ec && n == 3);
	std::copy(saved.begin(), saved.end(), argv);
	n = 3; // --id without its value
	THROWS(mc::error, args.parse_argv(n, argv), std::errc::invalid_argument);
	EQUAL(n, 3);
	std::copy(saved.begin(), saved.end(), argv);
	n = 0;
	FAILS(args.parse_argv(n, argv, failed), std::errc::invalid_argument);

	mc::config by_code(ec);
	CHECK(!ec && by_code);
	mc::config gone = std::move(by_code);
	THROWS(mc::error, by_code.set("name", "client.x"), mc::errc::bad_handle); // NOLINT: moved from
	THROWS(mc::error, by_code.read_file(), mc::errc::bad_handle);
	FAILS(by_code.set_dialer({}, failed), mc::errc::bad_handle);
	THROWS(mc::error, by_code.set_dialer({}), mc::errc::bad_handle);
	gone.set_dialer({});
}

void test_client(const quorum &mons)
{
	std::error_code ec;
	const mc::client c = mons.connect();
	EQUAL(c.fsid().view().size(), std::size_t(36));
	EQUAL(c.fsid(ec).view(), std::string(c.fsid().c_str()));
	CHECK(c.global_id() > 0 && c.global_id() == c.global_id(ec));
	CHECK(c.monmap().size() > 100 && c.monmap(ec).view() == c.monmap().view());
	CHECK(c.monmap_json().view().front() == '{' && c.monmap_json(ec).view() == c.monmap_json().view());
	const mc::session s = c.session();
	CHECK(s && !s.mon().empty() && !s.addr().empty() && !s.local_addr().empty() && !s.mode().empty());
	CHECK(s.features() != 0 && s.rank() >= 0 && s.since() > std::chrono::system_clock::now() - 1h);
	EQUAL(c.session(ec).mon(), s.mon());
	c.set_log_level(mc::log_level::debug);
	c.set_log_level(mc::log_level::none, ec);
	CHECK(!ec);

	mc::reply r = c.command(status_json);
	EQUAL(r.mon(), s.mon());
	CHECK(mc::reply().mon().empty());
	CHECK(r && r.get() != nullptr && r.retval() == 0 && !r.resent() && !r.output().empty());
	r.check();
	r = c.command(nonsense, {}, ec);
	CHECK(!ec && r);
	CHECK(r.retval() < 0 && !r.status().empty());
	THROWS(mc::refused, r.check(), std::errc::invalid_argument);
	mc::command_options options;
	options.timeout = 10s;
	options.input = "the value";
	c.command(R"({"prefix": "config-key set", "key": "wrapper"})", options).check();
	EQUAL(c.command(R"({"prefix": "config-key get", "key": "wrapper"})").output(), "the value");
	FAILS(c.command(std::string_view("{\0}", 3), {}, failed), std::errc::invalid_argument);
	FAILS(c.command("\xff", {}, failed), std::errc::illegal_byte_sequence);
	THROWS(mc::error, c.command("\xff"), std::errc::illegal_byte_sequence);

	CHECK(c.get_version("osdmap").newest >= 1);
	CHECK(c.get_version("osdmap", 10s, ec).oldest >= 1);
	THROWS(mc::error, c.get_version("nomap"), std::errc::invalid_argument);
	FAILS(c.get_version("nomap", {}, failed), std::errc::invalid_argument);
	CHECK(c.wait_for_map("osdmap") >= 1);
	CHECK(c.wait_for_map("osdmap", 1, 10s, ec) >= 1);
	constexpr mc::time_limit brief = 20ms;
	FAILS(c.wait_for_map("osdmap", 1000000, brief, failed), std::errc::timed_out);
	THROWS(mc::error, c.wait_for_map("osdmap", 1000000, 1ns), std::errc::timed_out);

	const quorum mute = drops_commands();
	mc::command_options short_options;
	short_options.timeout = 20ms;
	THROWS(mc::error, mute.connect().command(status_json, short_options), std::errc::timed_out);
}

void test_no_client()
{
	std::error_code ec;
	mc::client none;
	mc::command_options o;
	FAILS(none.fsid(failed), mc::errc::bad_handle);
	FAILS(none.global_id(failed), mc::errc::bad_handle);
	FAILS(none.monmap(failed), mc::errc::bad_handle);
	FAILS(none.monmap_json(failed), mc::errc::bad_handle);
	FAILS(none.session(failed), mc::errc::bad_handle);
	FAILS(none.set_log_level(mc::log_level::info, failed), mc::errc::bad_handle);
	FAILS(none.standbys_json(failed), mc::errc::bad_handle);
	FAILS(none.set_key("AQBSAABiAAAAABAAAAAAAAAAAAAAAAAAAAAAAA==", failed), mc::errc::bad_handle);
	FAILS(none.set_key(std::string_view("\0", 1), failed), std::errc::invalid_argument);
	FAILS(none.command(status_json, o, failed), mc::errc::bad_handle);
	FAILS(none.get_version("osdmap", {}, failed), mc::errc::bad_handle);
	FAILS(none.wait_for_map("osdmap", 0, {}, failed), mc::errc::bad_handle);
	FAILS(none.close(failed), mc::errc::bad_handle);
	FAILS(none.addr(failed), mc::errc::bad_handle);
	FAILS(none.mgr_json(failed), mc::errc::bad_handle);
	FAILS(none.stats_json(failed), mc::errc::bad_handle);
	FAILS(none.log_write("info", "text", "cluster", failed), mc::errc::bad_handle);
	THROWS(mc::error, none.fsid(), mc::errc::bad_handle);
	THROWS(mc::error, none.global_id(), mc::errc::bad_handle);
	THROWS(mc::error, none.monmap(), mc::errc::bad_handle);
	THROWS(mc::error, none.monmap_json(), mc::errc::bad_handle);
	THROWS(mc::error, none.session(), mc::errc::bad_handle);
	THROWS(mc::error, none.set_log_level(mc::log_level::info), mc::errc::bad_handle);
	THROWS(mc::error, none.standbys_json(), mc::errc::bad_handle);
	THROWS(mc::error, none.set_key(""), mc::errc::bad_handle);
	THROWS(mc::error, none.close(), mc::errc::bad_handle);
	THROWS(mc::error, none.addr(), mc::errc::bad_handle);
	THROWS(mc::error, none.mgr_json(), mc::errc::bad_handle);
	THROWS(mc::error, none.stats_json(), mc::errc::bad_handle);
	THROWS(mc::error, none.log_write("info", "text"), mc::errc::bad_handle);

	// The sink of a call that fails is destroyed before it returns, whoever finds out.
	counter destroyed;
	const auto sink = [&] { return [t = tracked(destroyed)](const mc::event_view &) {}; };
	THROWS(mc::error, none.command_async(status_json, sink()), mc::errc::bad_handle);
	EQUAL(destroyed.get(), 1);
	none.command_async(std::string_view("\0", 1), sink(), {}, ec);
	EQUAL(destroyed.get(), 2);
	THROWS(mc::error, none.get_version_async("osdmap", sink()), mc::errc::bad_handle);
	none.get_version_async("osdmap", sink(), 1s, ec);
	CHECK(ec == mc::errc::bad_handle);
	THROWS(mc::error, none.wait_for_map_async("osdmap", 0, sink()), mc::errc::bad_handle);
	none.wait_for_map_async("osdmap", 0, sink(), 1s, ec);
	THROWS(mc::error, static_cast<void>(none.subscribe("osdmap", sink())), mc::errc::bad_handle);
	static_cast<void>(none.subscribe("osdmap", sink(), {}, ec));
	EQUAL(destroyed.get(), 8);
	mc::connect_options options;
	options.session = sink();
	options.log = sink();
	mc::config moved;
	const mc::config target = std::move(moved);
	THROWS(mc::error, mc::client::connect(moved, std::move(options)), mc::errc::bad_handle); // NOLINT: moved from
	EQUAL(destroyed.get(), 10);
	options = {};
	options.session = sink();
	THROWS(mc::error, mc::client::connect_async(moved, sink(), std::move(options)), mc::errc::bad_handle);
	EQUAL(destroyed.get(), 12);
	mc::sink<mc::map_event> first = sink(), second = sink();
	first = std::move(second);
	EQUAL(destroyed.get(), 13);
	THROWS(mc::error, none.command_async(status_json, mc::sink<mc::command_event>()), std::errc::invalid_argument);
	THROWS(mc::error, mc::operation().cancel(), mc::errc::bad_handle);
	FAILS(mc::operation().cancel(failed), mc::errc::bad_handle);
	THROWS(mc::error, mc::subscription().unsubscribe(), mc::errc::bad_handle);
	FAILS(mc::subscription().unsubscribe(failed), mc::errc::bad_handle);
	THROWS(mc::error, none.command_future(status_json).get(), mc::errc::bad_handle);
	THROWS(mc::error, none.get_version_future("osdmap").get(), mc::errc::bad_handle);
	THROWS(mc::error, none.wait_for_map_future("osdmap").get(), mc::errc::bad_handle);
	THROWS(mc::error, mc::client::connect_future(moved).get(), mc::errc::bad_handle);
}

counter called;
void plain_function(const mc::command_event &e)
{
	EQUAL(e.status(), std::error_code());
	called.add();
}

void test_callbacks(const quorum &mons)
{
	counter done, destroyed;
	{
		mc::client c = mons.connect();
		c.command_async(status_json, [&, t = tracked(destroyed), p = std::make_unique<int>(7)](const mc::command_event &e) {
			EQUAL(*p, 7);
			EQUAL(e.client(), c.get());
			CHECK(e.source() != 0 && e.last() && e.missed() == 0);
			CHECK(e.reply().output() == mc::event(e.keep()).as<mc::command_event>().reply().output());
			done.add();
		});
		CHECK(done.reaches(1));
		CHECK(destroyed.reaches(1));
		c.command_async(status_json, plain_function);
		CHECK(called.reaches(1));
		mc::reply outlives;
		c.command_async(nonsense, [&](mc::command_event &e) {
			outlives = e.reply();
			done.add();
		});
		CHECK(done.reaches(2));
		CHECK(outlives.retval() < 0);
		c.get_version_async("osdmap", [&](const mc::version_event &e) {
			CHECK(e.epochs().newest >= 1 && e.epochs().oldest >= 1);
			done.add();
		});
		c.wait_for_map_async("osdmap", 1, [&](const mc::wait_event &e) {
			CHECK(e.epoch() >= 1);
			done.add();
		}, 10s);
		CHECK(done.reaches(4));

		const quorum mute = drops_commands();
		c = mute.connect();
		mc::operation op = c.command_async(status_json, [&](const mc::command_event &e) {
			CHECK(e.status() == std::errc::operation_canceled);
			CHECK(!e.error().empty() && !e.reply());
			done.add();
		});
		op.cancel();
		CHECK(done.reaches(5));
		c.command_async(status_json, [&, t = tracked(destroyed)](const mc::command_event &e) {
			CHECK(e.status() == mc::errc::closed);
			done.add();
		});
		c.close();
		CHECK(!c);
		EQUAL(done.get(), 6);
		EQUAL(destroyed.get(), 2);
		}
	expect_nothing("callbacks");
}

void test_subscriptions(const quorum &mons)
{
	counter maps, ends, destroyed;
	{
		const mc::client c = mons.connect();
		std::uint64_t epoch = 0;
		mc::subscription s = c.subscribe("osdmap", [&, t = tracked(destroyed)](const mc::map_event &e) {
			EQUAL(e.what(), "osdmap");
			CHECK(!e.json() && !e.data().empty() && e.epoch() > epoch);
			CHECK(e.full() == (epoch == 0));
			epoch = e.epoch();
			maps.add();
		});
		CHECK(maps.reaches(1));
		mons.act("osdmap");
		CHECK(maps.reaches(2));
		s.unsubscribe();
		EQUAL(destroyed.get(), 1);
		CHECK(!s);

		mc::subscribe_options once;
		once.onetime = true;
		mc::subscription one = c.subscribe("monmap", [&, t = tracked(destroyed)](const mc::map_event &e) {
			if (e.last())
				ends.add();
		}, once);
		CHECK(ends.reaches(1));
		CHECK(destroyed.reaches(2));
		mc::subscribe_options from;
		from.start = 1;
		std::error_code ec;
		mc::subscription early = c.subscribe("osdmap", [&, t = tracked(destroyed)](const mc::map_event &e) {
			CHECK(!e.full()); // the monitors have kept them, although this session has brought a whole map already
			maps.add();
		}, from, ec);
		CHECK(!ec && maps.reaches(3));
		early = c.subscribe("config", [&, t = tracked(destroyed)](const mc::map_event &e) {
			CHECK(e.json() && e.data().front() == '{');
			maps.add();
		});
		EQUAL(destroyed.get(), 3);
		CHECK(maps.reaches(4));
		FAILS(static_cast<void>(c.subscribe("nomap", mc::sink<mc::map_event>(), {}, failed)), std::errc::invalid_argument);
		early.reset();
		EQUAL(destroyed.get(), 4);
	}
	expect_nothing("subscriptions");
}

void test_session_and_log(const quorum &mons)
{
	counter connected, lost, log, destroyed;
	{
		mc::connect_options o;
		o.timeout = 20s;
		o.level = mc::log_level::debug;
		o.session = [&, t = tracked(destroyed)](const mc::session_event &e) {
			CHECK(e.source() == 0 && !e.mon().empty() && e.elapsed() >= 0ns);
			switch (e.change()) {
			case mc::session_change::connected:
			case mc::session_change::failed_over:
				CHECK(!e.addr().empty());
				connected.add();
				break;
			case mc::session_change::lost:
				CHECK(!e.error().empty());
				lost.add();
				break;
			case mc::session_change::hunting:
			case mc::session_change::attempt_failed:
			case mc::session_change::standby:
			case mc::session_change::standby_lost:
			case mc::session_change::credential:
				break;
			}
		};
		o.log = [&, t = tracked(destroyed)](const mc::log_event &e) {
			CHECK(e.level() != mc::log_level::none && !e.message().empty());
			log.add();
		};
		const mc::client c = mons.connect(std::move(o));
		CHECK(!o.session && !o.log); // NOLINT: moved from
		CHECK(connected.reaches(1));
		mons.act("kill-session client.admin");
		CHECK(lost.reaches(1));
		CHECK(connected.reaches(2));
		CHECK(log.reaches(1));
	}
	EQUAL(destroyed.get(), 2);
	expect_nothing("session and log");
}

void test_exceptions(const quorum &mons)
{
	counter handled, done, destroyed;
	std::string text;
	{
		const mc::client c = mons.connect();
		const std::uint64_t before = mc::dropped_exceptions();
		c.command_async(status_json, [t = tracked(destroyed)](const mc::command_event &) { throw std::runtime_error("nobody hears"); });
		CHECK(destroyed.reaches(1));
		EQUAL(mc::dropped_exceptions(), before + 1);
		mc::set_exception_handler([&](std::exception_ptr p) {
			try {
				std::rethrow_exception(p);
			} catch (const std::exception &e) {
				text = e.what();
			} catch (int) {
				throw; // a handler may fail as well
			}
			handled.add();
		});
		mc::subscription s = c.subscribe("osdmap", [&](const mc::map_event &) {
			done.add();
			throw std::runtime_error("a callback's");
		});
		CHECK(handled.reaches(1));
		EQUAL(text, "a callback's");
		mons.act("osdmap"); // the subscription goes on
		CHECK(handled.reaches(2));
		c.command_async(status_json, [t = tracked(destroyed)](const mc::command_event &) { throw 1; });
		CHECK(destroyed.reaches(2));
		EQUAL(mc::dropped_exceptions(), before + 2);
		CHECK(c.command(status_json));
		mc::set_exception_handler(nullptr);
	}
	expect_nothing("exceptions");
}

void test_queues(const quorum &mons)
{
	std::error_code ec;
	{
		mc::queue q(ec);
		CHECK(!ec && q.fd() >= 0 && q.fd() == q.fd(ec));
		CHECK(q.poll(0s).empty());
		CHECK(q.poll({}).empty());
		CHECK(q.poll(5ms, 1, ec).empty() && !ec);
		FAILS(q.poll({}, 0, failed), std::errc::invalid_argument);
		const mc::client c = mons.connect();
		int mark = 0;
		for (int i = 0; i < 100; i++)
			c.command_async(status_json, mc::sink<mc::command_event>(q, &mark));
		std::size_t n = 0;
		while (n < 100) {
			mc::event_batch batch = q.poll(20s, 7);
			CHECK(!batch.empty() && batch.size() <= 7);
			if (batch.empty())
				break;
			CHECK(batch[0].is<mc::command_event>() && !batch[0].is<mc::map_event>());
			for (mc::event &e : batch) {
				CHECK(e.userdata() == &mark && e.as<mc::command_event>().reply().retval() == 0);
				n++;
			}
			mc::event kept = std::move(batch[0]);
			CHECK(kept && !batch[0]);
			mc::reply r = kept.as<mc::command_event>().reply();
			mc::event twice = kept.keep();
			kept = mc::event();
			EQUAL(twice.as<mc::command_event>().reply().output(), r.output());
		}
		EQUAL(n, std::size_t(100));

		mc::subscription s = c.subscribe("osdmap", q);
		c.get_version_async("osdmap", q);
		c.wait_for_map_async("osdmap", 1, q);
		n = 0;
		for (mc::event &e : q.events(20s)) {
			if (e.type() == mc::event_type::map)
				THROWS(mc::error, e.as<mc::command_event>(), std::errc::invalid_argument);
			if (++n == 3)
				break;
		}
		EQUAL(n, std::size_t(3));
		s.reset();
		n = 0;
		for (mc::event &e : q.events(1ms))
			n += e ? 1 : 0;
		EQUAL(n, std::size_t(0));

		mc::client::connect_async(mons.config(), q);
		mc::client other;
		for (mc::event &e : q.events(20s)) {
			auto view = e.as<mc::connect_event>();
			other = view.take();
			CHECK(!view.take());
			break;
		}
		CHECK(other && other.command(status_json));

		// Another thread ends the loop by destroying the queue.
		std::thread loop([r = q.events()]() mutable {
			for (mc::event &e : r)
				CHECK(!e);
		});
		q.reset();
		loop.join();
		THROWS(mc::error, q.fd(), mc::errc::bad_handle);
		THROWS(mc::error, q.poll(1s), mc::errc::bad_handle);
		FAILS(q.fd(failed), mc::errc::bad_handle);
		for (mc::event &e : q.events())
			CHECK(!e);
	}
	expect_nothing("queues");
}

void test_futures(const quorum &mons)
{
	{
		mc::config config = mons.config();
		mc::client c = mc::client::connect_future(config).get();
		std::vector<std::future<mc::reply>> all;
		for (int i = 0; i < 100; i++)
			all.push_back(c.command_future(status_json));
		for (auto &f : all)
			CHECK(!f.get().output().empty());
		CHECK(c.command_future(nonsense).get().retval() < 0);
		CHECK(c.get_version_future("osdmap", 10s).get().newest >= 1);
		CHECK(c.wait_for_map_future("osdmap").get() >= 1);
		THROWS(mc::error, c.wait_for_map_future("osdmap", 1000000, 20ms).get(), std::errc::timed_out);
		const quorum mute = drops_commands();
		c = mute.connect();
		mc::operation op;
		std::future<mc::reply> f = c.command_future(status_json, {}, &op);
		CHECK(op);
		op.cancel();
		THROWS(mc::error, f.get(), std::errc::operation_canceled);
		f = c.command_future(status_json);
		c.reset();
		THROWS(mc::error, f.get(), mc::errc::closed);
	
		config.set("key", "AQBSAABiAAAAABAAAAAAAAAAAAAAAAAAAAAAAA==");
		THROWS(mc::error, mc::client::connect(config), std::errc::permission_denied);
		THROWS(mc::error, mc::client::connect_future(config).get(), std::errc::permission_denied);
		FAILS(mc::client::connect(config, {}, failed), std::errc::permission_denied);
	}
	expect_nothing("futures");
}

/** What may happen to a client in its own callbacks. */
void test_reentry(const quorum &mons)
{
	counter done, destroyed;
	{
		// Connecting: taken, not taken, and failed.
		mc::client taken;
		mc::client::connect_async(mons.config(), [&](mc::connect_event &e) {
			taken = e.take();
			done.add();
		});
		mc::connect_options o;
		o.session = [t = tracked(destroyed)](const mc::session_event &) {};
		mc::client::connect_async(mons.config(), [&](const mc::connect_event &e) {
			CHECK(!e.status() && e.client() != 0);
			done.add();
		}, std::move(o));
		CHECK(done.reaches(2));
		CHECK(destroyed.reaches(1)); // nobody took it, so it was closed

		taken.command_async(status_json, [&](const mc::command_event &) {
			FAILS(taken.command(status_json, {}, failed), std::errc::resource_deadlock_would_occur);
			FAILS(taken.close(failed), std::errc::resource_deadlock_would_occur);
			CHECK(taken); // it is open still
			done.add();
		});
		CHECK(done.reaches(3));
		CHECK(taken.command(status_json));

		auto own = std::make_shared<mc::client>(std::move(taken));
		own->command_async(status_json, [&, t = tracked(destroyed)](const mc::command_event &) {
			own.reset();
			done.add();
		});
		CHECK(done.reaches(4));
		CHECK(destroyed.reaches(2));

		const mc::client c = mons.connect();
		mc::subscription s; // ends in its own callback
		std::mutex lock;
		{
			const std::lock_guard<std::mutex> guard(lock);
			s = c.subscribe("osdmap", [&](const mc::map_event &) {
				const std::lock_guard<std::mutex> inner(lock);
				s.reset();
				done.add();
			});
		}
		CHECK(done.reaches(5));
		mons.act("osdmap");
		CHECK(c.command(status_json));
		EQUAL(done.get(), 5);
	}
	expect_nothing("calls from callbacks");
}

/** The outcome that a call throws with. */
template <class Call>
mc::outcome outcome_of(Call &&call)
{
	try {
		call();
	} catch (const mc::error &e) {
		return e.outcome();
	}
	return mc::outcome::none;
}

/** What becomes of commands when sessions are lost, standby sessions, keys, and the newest map only. */
void test_surviving()
{
	{
		const quorum mons(2);
		mc::config config = mons.config();
		config.set("monclient_standby_sessions", "1");
		counter standbys, lost, over, keys, done;
		mc::connect_options o;
		o.session = [&](const mc::session_event &e) {
			switch (e.change()) {
			case mc::session_change::standby: standbys.add(); break;
			case mc::session_change::standby_lost: lost.add(); break;
			case mc::session_change::failed_over: over.add(); break;
			case mc::session_change::credential: keys.add(); break;
			default: break;
			}
		};
		mc::client c = mc::client::connect(config, std::move(o));
		CHECK(standbys.reaches(1));
		CHECK(c.standbys_json().view().find("\"local_addr\"") != std::string_view::npos);
		std::error_code ec;
		CHECK(c.standbys_json(ec).view() == c.standbys_json().view() && !ec);

		// The monitor has read the command when its connections break.
		mc::command_options once;
		once.resend = mc::resend::never;
		const auto break_sessions = [&] {
			mons.act("await-dropped");
			mons.act("answer-replies");
			mons.act("kill-session client.admin");
		};
		mons.act("drop-replies");
		std::future<mc::reply> f = c.command_future(status_json, once);
		break_sessions();
		try {
			f.get();
			CHECK(!"answered");
		} catch (const mc::error &e) {
			CHECK(e.code() == std::errc::connection_reset);
			EQUAL(e.outcome(), mc::outcome::unknown);
		}
		// Both of the sessions break, one a moment before the other: what is answered now has a new one.
		CHECK(c.command(status_json));
		mons.act("drop-replies");
		c.command_async(status_json, [&](const mc::command_event &e) {
			CHECK(e.status() == std::errc::connection_reset && !e.reply());
			EQUAL(e.outcome(), mc::outcome::unknown);
			done.add();
		}, once);
		break_sessions();
		CHECK(done.reaches(1));
		mons.act("drop-replies");
		f = c.command_future(status_json);
		break_sessions();
		CHECK(f.get().resent());
		mons.act("drop-replies");
		once.timeout = 300ms; // by then it was sent
		EQUAL(outcome_of([&] { c.command(status_json, once); }), mc::outcome::unknown);
		c.command(status_json, once, ec);
		CHECK(ec == std::errc::timed_out);
		EQUAL(mc::last_outcome(), mc::outcome::unknown);
		mons.act("answer-replies");
		EQUAL(outcome_of([&] { c.get_version("nonsense"); }), mc::outcome::none);
		EQUAL(outcome_of([] { mc::client().command(status_json); }), mc::outcome::not_sent);
		once.resend = static_cast<mc::resend>(4);
		EQUAL(outcome_of([&] { c.command(status_json, once); }), mc::outcome::not_sent);
		CHECK(over.reaches(1) || lost.reaches(1)); // both of the sessions break, one a moment before the other

		THROWS(mc::error, c.set_key("no key"), std::errc::invalid_argument);
		mons.act("rotate client.admin");
		c.set_key(mons.key());
		CHECK(keys.reaches(1));
		c.set_key(mons.key(), ec);
		CHECK(!ec);

		mc::subscribe_options latest;
		latest.latest = true;
		const mc::queue q;
		mc::subscription s = c.subscribe("mgrmap", q, latest);
		std::uint64_t epoch = 0;
		for (mc::event &e : q.events(20s)) {
			epoch = e.as<mc::map_event>().epoch();
			break;
		}
		for (int i = 0; i < 3; i++)
			mons.act("mgrmap");
		CHECK(c.command(status_json));
		for (mc::event &e : q.events(20s)) {
			EQUAL(e.as<mc::map_event>().epoch(), epoch + 3);
			EQUAL(e.missed(), 2u);
			break;
		}
		THROWS(mc::error, s = c.subscribe("osdmap", q, latest), std::errc::invalid_argument);
	}
	expect_nothing("surviving");
}

/** The member of a JSON text, which begins as it is given. */
bool has(std::string_view json, std::string_view member) { return json.find(member) != json.npos; }

/** Asks a question in every way. check gets the JSON, or the number, each time. */
template <class Asker, class Question, class Check>
void ask_all(int line, const Asker &c, const Question &q, Check check)
{
	using answer = typename Question::answer;
	const auto right = [&](const auto &got) { equal(line, "answer", check(got), true); };
	std::error_code ec = std::make_error_code(std::errc::invalid_argument);
	if constexpr (std::is_void_v<answer>) {
		static_assert(std::is_void_v<decltype(c.ask_future(q).get())>);
		c.ask(q);
		c.ask(q, 20s, ec);
		c.ask_future(q, 20s).get();
	} else if constexpr (std::is_same_v<answer, mc::buffer>) {
		right(c.ask(q).view());
		right(c.ask(q, 20s, ec).view());
		const std::string got = c.ask_future(q, 20s).get();
		right(std::string_view(got));
	} else {
		right(c.ask(q));
		right(c.ask(q, 20s, ec));
		right(c.ask_future(q, 20s).get());
	}
	equal(line, "code", ec, std::error_code());
	const auto look = [&](const mc::result_event &e) {
		equal(line, "status", e.status(), std::error_code());
		equal(line, "last", e.last(), true);
		equal(line, "JSON", e.json().empty(), !std::is_same_v<answer, mc::buffer>);
		if constexpr (std::is_same_v<answer, mc::buffer>)
			right(e.json());
		else if constexpr (!std::is_void_v<answer>)
			right(e.number());
	};
	const mc::queue queue;
	c.ask_async(q, queue, 20s);
	for (mc::event &e : queue.events(20s)) {
		look(e.as<mc::result_event>());
		break;
	}
	counter done, destroyed;
	c.ask_async(q, [&, t = tracked(destroyed)](const mc::result_event &e) {
		look(e);
		done.add();
	}, 20s, ec);
	equal(line, "answered", done.reaches(1) && destroyed.reaches(1), true);
}

#define ANSWERS(asker, question, check) ask_all(__LINE__, asker, question, check)
#define SAYS(asker, question, member) ask_all(__LINE__, asker, question, [](std::string_view json) { return has(json, member); })

/** Asks in every way what is refused before it is asked. */
template <class Asker, class Question, class Code>
void refuse_all(int line, const Asker &c, const Question &q, Code want, const std::error_category &category)
{
	std::error_code ec;
	counter destroyed;
	const auto sink = [&] { return mc::sink<mc::result_event>([t = tracked(destroyed)](const mc::result_event &) {}); };
	static_assert(noexcept(c.ask(q, {}, ec)) && noexcept(c.ask_async(q, mc::sink<mc::result_event>(), {}, ec)));
	const auto right = [&](const char *how, const std::error_code &code) {
		equal(line, how, code == want, true);
		equal(line, how, std::string(code.category().name()), std::string(category.name()));
	};
	const auto throws = [&](const char *how, auto call) {
		try {
			call();
			equal(line, how, true, false);
		} catch (const mc::error &e) {
			right(how, e.code());
			equal(line, how, *e.what() != '\0', true);
		}
	};
	c.ask(q, {}, ec);
	right("ask", ec);
	throws("ask", [&] { c.ask(q); });
	ec.clear();
	const mc::operation op = c.ask_async(q, sink(), {}, ec);
	right("ask_async", ec);
	equal(line, "operation", static_cast<bool>(op), false);
	equal(line, "destroyed", destroyed.get(), 1);
	throws("ask_async", [&] { c.ask_async(q, sink()); });
	equal(line, "destroyed", destroyed.get(), 2);
	throws("ask_future", [&] { c.ask_future(q).get(); });
}

#define REFUSES(asker, question, want) refuse_all(__LINE__, asker, question, want, mc::category())
#define HAS_NUL(asker, question) refuse_all(__LINE__, asker, question, std::errc::invalid_argument, std::generic_category())

void test_questions(const quorum &mons)
{
	std::error_code ec;
	{
		const mc::client c = mons.connect();
		SAYS(c, mc::ping{"b"}, R"("mon":"b")");
		SAYS(c, mc::ping{"2"}, R"("mon":"c")");
		THROWS(mc::error, c.ask(mc::ping{"x"}), std::errc::no_such_file_or_directory);
		THROWS(mc::error, c.ask_future(mc::ping{"x"}).get(), std::errc::no_such_file_or_directory);
		FAILS(c.ask(mc::ping{"x"}, {}, failed), std::errc::no_such_file_or_directory);

		mons.act("osdmap");
		const std::uint64_t newest = c.get_version("osdmap").newest;
		ANSWERS(c, mc::latest{"osdmap"}, [=](std::uint64_t epoch) { return epoch == newest; });
		THROWS(mc::error, c.ask(mc::latest{"nosuchmap"}), std::errc::invalid_argument);
		THROWS(mc::error, c.ask_future(mc::latest{"nosuchmap"}).get(), std::errc::invalid_argument);

		ANSWERS(c, mc::pools(), [](std::string_view json) { return json == "[]"; });
		ANSWERS(c, mc::pool_stats(), [](std::string_view json) { return json == "{}"; });
		EQUAL(c.ask(mc::pool_op{mc::pool_action::create, 0, "books"}), std::uint64_t(0));
		THROWS(mc::error, c.ask(mc::pool_op{mc::pool_action::create, 0, "books"}), std::errc::file_exists);
		THROWS(mc::error, c.ask_future(mc::pool_op{mc::pool_action::create, 0, "books"}).get(), std::errc::file_exists);
		SAYS(c, mc::pools(), R"("name":"books")");
		SAYS(c, mc::pool_stats{{"books"}}, R"({"books":{)");
		THROWS(mc::error, c.ask(mc::pool_stats{{"books", "nosuchpool"}}), std::errc::no_such_file_or_directory);
		const std::string pools = c.ask(mc::pools()).str();
		const std::int64_t books = std::stoll(pools.substr(pools.find(':') + 1));
		SAYS(c, mc::cluster_stats(), R"("kb_avail":)");
		SAYS(c, mc::cluster_stats{books}, R"("num_objects":0)");
		THROWS(mc::error, c.ask(mc::cluster_stats{4711}), std::errc::no_such_file_or_directory);
		EQUAL(c.ask(mc::pool_op{mc::pool_action::snap_create, books, "monday"}), std::uint64_t(0));
		EQUAL(c.ask_future(mc::pool_op{mc::pool_action::snap_remove, books, "monday"}).get(), std::uint64_t(0));
		c.ask(mc::pool_op{mc::pool_action::create, 0, "images"});
		const mc::pool_op snap{mc::pool_action::selfmanaged_snap_create, books + 1};
		std::uint64_t last = 0;
		ANSWERS(c, snap, [&](std::uint64_t n) { return std::exchange(last, n) < n; });
		c.ask(mc::pool_op{mc::pool_action::selfmanaged_snap_remove, books + 1, {}, last});
		THROWS(mc::error, c.ask(mc::pool_op{mc::pool_action::remove, books}), std::errc::operation_not_permitted);
		THROWS(mc::error, c.ask(mc::pool_op{mc::pool_action::create, 0, "other", 0, 1 << 20}), std::errc::invalid_argument);
		REFUSES(c, mc::pool_op{static_cast<mc::pool_action>(7)}, std::errc::invalid_argument);

		CHECK(has(c.addr(), ":0/"));
		EQUAL(c.addr(ec).view(), c.addr().view());
		const std::string own = c.addr().str();
		ANSWERS(c, mc::blocklist(), [](std::string_view json) { return json == "[]"; });
		ANSWERS(c, (mc::blocklist_add{own, 10min}), nullptr);
		ANSWERS(c, mc::blocklist_add{"10.0.0.1:0/7"}, nullptr);
		ANSWERS(c, mc::blocklist(), [&](std::string_view json) { return has(json, own) && has(json, R"("until":)"); });
		ANSWERS(c, mc::blocklist_remove{own}, nullptr);
		c.ask(mc::blocklist_remove{"10.0.0.1:0/7"});
		THROWS(mc::error, c.ask(mc::blocklist_add{"here"}), std::errc::invalid_argument);
		THROWS(mc::error, c.ask(mc::blocklist_remove{"here"}), std::errc::invalid_argument);
		for (const auto duration : {-1s, std::chrono::seconds(1ll << 32)})
			HAS_NUL(c, (mc::blocklist_add{"10.0.0.1:0/7", duration}));

		const mc::command_parse tree{{"osd", "tree"}};
		SAYS(c, tree, R"("prefix":"osd tree")");
		CHECK(c.command(c.ask(tree)).retval() == 0);
		THROWS(mc::error, c.ask(mc::command_parse{{"osd", "tre"}}), std::errc::invalid_argument);
		THROWS(mc::error, c.ask(mc::command_parse()), std::errc::invalid_argument);

		CHECK(has(c.stats_json(), R"("sessions":1)"));
		CHECK(c.stats_json(ec).view().front() == '{' && !ec);
		THROWS(mc::error, c.mgr_json(), std::errc::not_connected); // there is no manager
		FAILS(c.mgr_json(failed), std::errc::not_connected);

		const mc::config config = mons.config();
		SAYS(config, mc::config_ping{"a"}, R"("mon":"a")");
		THROWS(mc::error, config.ask(mc::config_ping{"x"}), std::errc::no_such_file_or_directory);
		c.command(R"({"prefix": "config set", "who": "client", "name": "rados_mon_op_timeout", "value": "33"})").check();
		SAYS(config, mc::config_fetch(), R"("rados_mon_op_timeout":"33")");
		EQUAL(config.get_option("rados_mon_op_timeout").view(), "33");
		c.command(R"({"prefix": "config rm", "who": "client", "name": "rados_mon_op_timeout"})").check();

		// Not from a callback, which it would wait for.
		counter done;
		c.ask_async(mc::pools(), [&](const mc::result_event &) {
			FAILS(c.ask(mc::pools(), {}, failed), std::errc::resource_deadlock_would_occur);
			FAILS(c.ask(mc::log_flush(), {}, failed), std::errc::resource_deadlock_would_occur);
			CHECK(!c.stats_json().empty());
			done.add();
		});
		CHECK(done.reaches(1));
	}
	expect_nothing("questions");
}

/** What is refused at once, and destroys the sink: a text with a NUL in it, which the library never sees, and a client that is none. */
void test_refused_questions(const quorum &mons)
{
	{
		const mc::client c = mons.connect(), none;
		const mc::config config = mons.config(), no_config(0);
		const std::string_view nul("a\0b", 3);
		const std::string text(nul);
		std::error_code ec;
		HAS_NUL(c, mc::ping{nul});
		HAS_NUL(config, mc::config_ping{nul});
		HAS_NUL(c, mc::latest{nul});
		HAS_NUL(c, (mc::pool_stats{{"a", text}}));
		HAS_NUL(c, (mc::pool_op{mc::pool_action::create, 0, text}));
		HAS_NUL(c, mc::blocklist_add{nul});
		HAS_NUL(c, mc::blocklist_remove{nul});
		HAS_NUL(c, (mc::command_parse{{text}}));
		REFUSES(c, mc::ping{"\xff"}, std::errc::illegal_byte_sequence);
		REFUSES(c, (mc::pool_stats{{"a", "\xff"}}), std::errc::illegal_byte_sequence);
		FAILS(c.log_write(nul, "text", "cluster", failed), std::errc::invalid_argument);
		FAILS(c.log_write("info", nul, "cluster", failed), std::errc::invalid_argument);
		FAILS(c.log_write("info", "text", nul, failed), std::errc::invalid_argument);
		FAILS(c.log_write("loud", "text", "cluster", failed), std::errc::invalid_argument);
		FAILS(c.log_write("info", "\xff", "cluster", failed), std::errc::illegal_byte_sequence);
		THROWS(mc::error, c.log_write("info", nul), std::errc::invalid_argument);
		THROWS(mc::error, c.log_write("loud", "text"), std::errc::invalid_argument);
		THROWS(mc::error, c.ask_async(mc::pools(), mc::sink<mc::result_event>()), std::errc::invalid_argument);

		REFUSES(none, mc::ping{"a"}, mc::errc::bad_handle);
		REFUSES(none, mc::latest{"osdmap"}, mc::errc::bad_handle);
		REFUSES(none, mc::log_flush(), mc::errc::bad_handle);
		REFUSES(none, mc::cluster_stats(), mc::errc::bad_handle);
		REFUSES(none, mc::pools(), mc::errc::bad_handle);
		REFUSES(none, mc::pool_stats(), mc::errc::bad_handle);
		REFUSES(none, (mc::pool_op{mc::pool_action::remove, 1}), mc::errc::bad_handle);
		REFUSES(none, mc::blocklist(), mc::errc::bad_handle);
		REFUSES(none, mc::blocklist_add{"10.0.0.1:0/7"}, mc::errc::bad_handle);
		REFUSES(none, mc::blocklist_remove{"10.0.0.1:0/7"}, mc::errc::bad_handle);
		REFUSES(none, (mc::command_parse{{"status"}}), mc::errc::bad_handle);
		REFUSES(no_config, mc::config_ping{"a"}, mc::errc::bad_handle);
		REFUSES(no_config, mc::config_fetch(), mc::errc::bad_handle);
	}
	expect_nothing("refused questions");
}

/** What waits for monitors that say nothing is canceled, times out, or ends with the client. */
void test_questions_end()
{
	counter done, destroyed;
	{
		const quorum mute(1);
		mc::client c = mute.connect();
		mute.act("freeze a");
		mc::operation op;
		std::future<std::string> f = c.ask_future(mc::pools(), mc::forever, &op);
		op.cancel();
		THROWS(mc::error, f.get(), std::errc::operation_canceled);
		constexpr mc::time_limit brief = 20ms;
		THROWS(mc::error, c.ask(mc::pools(), brief), std::errc::timed_out);
		FAILS(c.ask(mc::ping{"a"}, brief, failed), std::errc::timed_out);
		THROWS(mc::error, c.ask_future(mc::latest{"osdmap"}, 20ms).get(), std::errc::timed_out);
		THROWS(mc::error, mute.config().ask(mc::config_ping{"a"}, 20ms), std::errc::timed_out);
		c.log_write("info", "nobody hears it");
		std::future<void> flushed = c.ask_future(mc::log_flush(), mc::forever);
		f = c.ask_future(mc::pools(), mc::forever);
		c.ask_async(mc::blocklist(), [&, t = tracked(destroyed)](const mc::result_event &e) {
			CHECK(e.status() == mc::errc::closed && !e.error().empty() && e.json().empty());
			done.add();
		}, mc::forever);
		mute.act("kill a"); // closing waits a moment for entries of the log, if there is a session
		c.close();
		THROWS(mc::error, f.get(), mc::errc::closed);
		THROWS(mc::error, flushed.get(), mc::errc::closed);
		EQUAL(done.get(), 1);
		EQUAL(destroyed.get(), 1);
	}
	expect_nothing("questions that end");
}

/** Commands for one monitor, and those whose map has come with the reply. */
void test_targets(const quorum &mons)
{
	std::error_code ec;
	{
		const mc::client c = mons.connect();
		const char *const version = R"({"prefix": "version"})";
		mc::command_options o;
		o.target = "mon.c";
		const mc::reply r = c.command(version, o);
		EQUAL(r.mon(), "c");
		EQUAL(r.sender(), "mon.c");
		CHECK(has(r.output(), "version"));
		o.target = "mon.1";
		EQUAL(c.command_future(version, o).get().sender(), "mon.b");
		CHECK(has(c.command(status_json).sender(), "mon."));
		o.target = "mon.x";
		THROWS(mc::error, c.command(version, o), std::errc::no_such_file_or_directory);
		EQUAL(outcome_of([&] { c.command(version, o); }), mc::outcome::not_sent);
		THROWS(mc::error, c.command_future(version, o).get(), std::errc::no_such_file_or_directory);
		o.target = "who";
		FAILS(c.command(version, o, failed), std::errc::invalid_argument);
		o.target = "mgr"; // there is none
		o.timeout = 20ms;
		FAILS(c.command(version, o, failed), std::errc::timed_out);
		o = {};
		o.barrier = "osdmap";
		counter maps;
		mc::subscription s = c.subscribe("osdmap", [&](const mc::map_event &) { maps.add(); });
		CHECK(maps.reaches(1));
		const std::uint64_t before = c.ask(mc::latest{"osdmap"});
		c.command(R"({"prefix": "osd set", "key": "noout"})", o).check();
		CHECK(maps.get() >= 2 || maps.reaches(2)); // callbacks have a thread of their own
		EQUAL(c.ask(mc::latest{"osdmap"}), before + 1);
		o.barrier = "nosuchmap";
		FAILS(c.command(version, o, failed), std::errc::invalid_argument);
	}
	expect_nothing("targets");
}

/** Subscriptions to values, and the log that is written. */
void test_values(const quorum &mons)
{
	std::error_code ec;
	{
		const mc::client c = mons.connect();
		mc::subscribe_options values;
		values.values = true;
		for (const char *what : {"monmap", "mgrmap", "fsmap", "servicemap", "osdmap", "config", "kv:wrapper/"}) {
			const mc::queue q;
			const mc::subscription s = c.subscribe(what, q, values);
			for (mc::event &e : q.events(20s)) {
				const auto m = e.as<mc::map_event>();
				EQUAL(m.what(), what);
				CHECK(m.json() && m.full() && m.synced() && m.data().front() == '{');
				break;
			}
		}
		counter plain;
		const mc::subscription encoded = c.subscribe("monmap", [&](const mc::map_event &e) {
			CHECK(!e.json() && !e.synced());
			plain.add();
		});
		CHECK(plain.reaches(1));
		values.onetime = true;
		FAILS(static_cast<void>(c.subscribe("monmap", mc::sink<mc::map_event>(), values, failed)), std::errc::invalid_argument);
		values.onetime = false;

		const mc::queue q;
		const mc::subscription log = c.subscribe("log-info:audit", q, values);
		c.ask(mc::latest{"monmap"}); // by now the monitors know of it
		c.log_write("warn", "of the cluster");
		c.log_write("info", "of the audit", "audit");
		c.log_write("error", "of the audit, too", "audit", ec);
		CHECK(!ec);
		ANSWERS(c, mc::log_flush(), nullptr);
		for (mc::event &e : q.events(20s)) {
			const auto m = e.as<mc::map_event>();
			CHECK(has(m.data(), R"("channel":"audit")"));
			if (has(m.data(), "of the audit, too"))
				break;
		}
	}
	expect_nothing("values");
}

/** The map of the OSDs, which outlives all that it came from. */
void test_osdmap(const quorum &mons)
{
	std::error_code ec;
	mc::osdmap old;
	CHECK(!old);
	THROWS(mc::error, static_cast<void>(old.epoch()), mc::errc::bad_handle);
	{
		const mc::client c = mons.connect();
		old = c.osdmap();
		EQUAL(old.fsid().view(), c.fsid().view());
		CHECK(c.command(R"({"prefix": "osd set", "key": "noin"})").retval() == 0);
		const mc::osdmap next = c.osdmap(20s);
		EQUAL(next.epoch(), old.epoch() + 1);
		CHECK(has(next.flags(), "noin") && !has(old.flags(), "noin"));
		CHECK(has(next.diff(old), R"("text":"noin set")"));
		EQUAL(next.diff(next).view(), "[]");
		EQUAL(c.osdmap_future(20s).get().epoch(), next.epoch());
		{
			const mc::queue q;
			const mc::operation op = c.osdmap_async(q);
			for (mc::event &e : q.events(20s)) {
				EQUAL(e.as<mc::result_event>().osdmap().epoch(), next.epoch());
				break;
			}
		}
		mc::subscribe_options values;
		values.values = true;
		{
			const mc::queue q;
			const mc::subscription s = c.subscribe("osdmap", q, values);
			static_cast<void>(s.osdmap(ec));
			CHECK(!ec || ec == std::errc::no_such_file_or_directory);
			for (mc::event &e : q.events(20s)) {
				EQUAL(e.as<mc::map_event>().osdmap().epoch(), next.epoch());
				break;
			}
			EQUAL(s.osdmap().epoch(), next.epoch());
			CHECK(c.command(R"({"prefix": "osd unset", "key": "noin"})").retval() == 0);
		}
		const mc::queue q;
		const mc::subscription s = c.subscribe("monmap", q, values);
		THROWS(mc::error, static_cast<void>(s.osdmap()), std::errc::invalid_argument);
		for (mc::event &e : q.events(20s)) {
			THROWS(mc::error, static_cast<void>(e.as<mc::map_event>().osdmap()), std::errc::no_such_file_or_directory);
			break;
		}
	}
	const mc::osdmap again = mc::osdmap::decode(old.encode());
	EQUAL(again.diff(old).view(), "[]");
	EQUAL(again.json().view(), old.json().view());
	EQUAL(again.osds().view(), "[]");
	EQUAL(again.max_osd(), 0);
	THROWS(mc::error, static_cast<void>(again.osd_json(0)), std::errc::no_such_file_or_directory);
	CHECK(!again.osd_state(0, ec).up && ec == std::errc::no_such_file_or_directory);
	CHECK(again.pools().view().front() == '[');
	THROWS(mc::error, static_cast<void>(again.pool_id("nosuchpool")), std::errc::no_such_file_or_directory);
	THROWS(mc::error, static_cast<void>(again.pool_id(std::string_view("a\0b", 3))), std::errc::invalid_argument);
	THROWS(mc::error, static_cast<void>(again.pool_name(4711)), std::errc::no_such_file_or_directory);
	THROWS(mc::error, static_cast<void>(again.pool_json(4711)), std::errc::no_such_file_or_directory);
	THROWS(mc::error, static_cast<void>(mc::osdmap::decode("no map")), std::errc::protocol_error);
	THROWS(mc::error, static_cast<void>(mc::osdmap::decode({})), std::errc::protocol_error);
	old.reset();
	CHECK(!old);
	EQUAL(mc::counters().osdmaps, 1u);
}

/** The manager of the cluster of $CEPH_CONF. */
void test_manager()
{
	{
		mc::config config;
		config.read_file();
		const mc::client c = mc::client::connect(config);
		mc::command_options o;
		o.target = "mgr";
		const mc::reply r = c.command(R"({"prefix": "pg stat"})", o);
		EQUAL(r.sender(), "mgr.x");
		EQUAL(r.mon(), "");
		r.check();
		CHECK(has(c.mgr_json(), R"("name":"x")"));
		std::error_code ec;
		EQUAL(c.mgr_json(ec).view(), c.mgr_json().view());
		o.target = "mgr.*";
		CHECK(has(c.command_future(R"({"prefix": "version"})", o).get().output(), "version"));
		o.target = "mgr.y";
		FAILS(c.command(R"({"prefix": "version"})", o, failed), std::errc::no_such_device_or_address);
	}
	expect_nothing("the manager");
}

int dial(std::string_view ip, std::uint16_t port, std::chrono::milliseconds timeout)
{
	CHECK(timeout > 0ms);
	sockaddr_in to = {};
	to.sin_family = AF_INET;
	to.sin_port = htons(port);
	inet_pton(AF_INET, std::string(ip).c_str(), &to.sin_addr);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, reinterpret_cast<sockaddr *>(&to), sizeof to) == 0)
		return fd;
	const int error = errno;
	close(fd);
	throw std::system_error(error, std::generic_category());
}

/** Connecting is tried again until the time is up, and the text says why. */
void expect_failure(const mc::config &c, const char *why)
{
	mc::connect_options o;
	o.timeout = 100ms;
	try {
		mc::client::connect(c, std::move(o));
		EQUAL("connected", why);
	} catch (const mc::error &e) {
		CHECK(e.code() == std::errc::timed_out);
		CHECK(std::string(e.what()).find(why) != std::string::npos);
	}
}

void test_dialer()
{
	counter dialed, destroyed, handled;
	{
		mc::config c;
		c.read_file();
		c.set_dialer([&, t = tracked(destroyed), p = std::make_unique<int>(1)](std::string_view ip, std::uint16_t port, std::chrono::milliseconds timeout) {
			dialed.add();
			return dial(ip, port, timeout);
		});
		mc::client client = mc::client::connect(c);
		CHECK(dialed.get() >= 1);
		c.set_dialer([](std::string_view, std::uint16_t, std::chrono::milliseconds) -> int { throw std::system_error(EHOSTUNREACH, std::system_category()); });
		EQUAL(destroyed.get(), 0); // the client has it still
		expect_failure(c, "no route to host");
		client.reset();
		CHECK(destroyed.reaches(1));
		c.set_dialer([](std::string_view, std::uint16_t, std::chrono::milliseconds) { return -ECONNREFUSED; });
		expect_failure(c, "connection refused");
		mc::set_exception_handler([&](std::exception_ptr) { handled.add(); });
		c.set_dialer([](std::string_view, std::uint16_t, std::chrono::milliseconds) -> int { throw 7; });
		expect_failure(c, "input/output error");
		CHECK(handled.get() >= 1);
		mc::set_exception_handler(nullptr);
		std::error_code ec;
		c.set_dialer(dial, ec);
		CHECK(!ec && mc::client::connect(c));
		c.set_dialer({});
		CHECK(mc::client::connect(c));
	}
	expect_nothing("dialer");
}

} // namespace

int main(int argc, char **argv)
try {
	test_errors();
	test_time_limit();
	test_owners();
	test_config(argc, argv);
	test_no_client();
	expect_nothing("what fails");
	{
		const quorum mons(3);
		test_client(mons);
		test_callbacks(mons);
		test_subscriptions(mons);
		test_session_and_log(mons);
		test_exceptions(mons);
		test_queues(mons);
		test_futures(mons);
		test_reentry(mons);
		test_questions(mons);
		test_refused_questions(mons);
		test_targets(mons);
		test_values(mons);
		test_osdmap(mons);
	}
	test_questions_end();
	test_surviving();
	test_dialer();
	test_manager();
	expect_nothing("everything");
	if (char *leaks = monclienttest_leaks()) {
		std::fprintf(stderr, "goroutines are left: %s\n", leaks);
		monclient_free(leaks);
		failures++;
	}
	if (failures == 0)
		std::puts("ok");
	return failures != 0;
} catch (const std::exception &e) {
	std::fprintf(stderr, "unexpected: %s\n", e.what());
	return 1;
}
