/*
 * watch_cpp: follow maps and the session with the C++ wrapper.
 *
 *     ./watch_cpp                        # monmap, osdmap, mgrmap until Ctrl-C
 *     ./watch_cpp osdmap config
 *
 * It shows lambdas as callbacks, subscriptions that end with their objects, and what becomes of an exception in a
 * callback: it goes to a handler, and everything else goes on.
 */
#include <csignal>
#include <iostream>
#include <monclient.hpp>
#include <semaphore.h>
#include <string>
#include <vector>

namespace {

constexpr auto help =
	"Usage: watch_cpp [OPTION...] [MAP...]\n"
	"Prints a line for each new epoch of the maps (default: monmap osdmap mgrmap) and for what happens to the session, until\n"
	"Ctrl-C. Options are those of Ceph: -c FILE, -m MONITORS, -n NAME, -k KEYRING, ...\n";

sem_t wake;
volatile std::sig_atomic_t interrupted;

void on_signal(int signal)
{
	interrupted = signal;
	sem_post(&wake);
}

void on_map(const monclient::map_event &e)
{
	if (e.last())
		throw monclient::error(e.status(), std::string(e.what()) + ": " + std::string(e.error()));
	std::cout << e.what() << " e" << e.epoch() << (e.full() ? ": full, " : ": incremental, ") << e.data().size() << " bytes"
	          << std::endl;
}

void on_session(const monclient::session_event &e)
{
	using monclient::session_change;

	std::cout << "session: ";
	switch (e.change()) {
	case session_change::hunting: std::cout << "hunting for mon." << e.mon(); break;
	case session_change::attempt_failed: std::cout << "mon." << e.mon() << " at " << e.addr() << ": " << e.error(); break;
	case session_change::connected: std::cout << "with mon." << e.mon() << " at " << e.addr(); break;
	case session_change::lost: std::cout << "lost mon." << e.mon() << ": " << e.error(); break;
	case session_change::failed_over: std::cout << "moved to mon." << e.mon() << " at " << e.addr(); break;
	case session_change::standby: std::cout << "mon." << e.mon() << " at " << e.addr() << " stands by"; break;
	case session_change::standby_lost: std::cout << "mon." << e.mon() << " stands by no more: " << e.error(); break;
	case session_change::credential: std::cout << "the key was changed"; break;
	}
	std::cout << std::endl;
}

int run(int argc, char **argv)
{
	monclient::config config;
	config.parse_env();
	config.parse_argv(argc, argv);
	std::vector<std::string> maps(argv + 1, argv + argc);
	if (maps.empty())
		maps = {"monmap", "osdmap", "mgrmap"};
	if (maps.front() == "-h" || maps.front() == "--help") {
		std::cout << help;
		return 0;
	}
	std::error_code ec;
	config.read_file(ec);
	if (ec == std::errc::no_such_file_or_directory && !config.get_option("mon_host").empty())
		ec.clear(); // without a file -m is enough
	if (ec)
		throw monclient::error(ec, monclient::last_error());
	monclient::set_exception_handler([](std::exception_ptr p) {
		try {
			std::rethrow_exception(p);
		} catch (const std::exception &e) {
			std::cerr << e.what() << std::endl;
		}
	});

	monclient::connect_options options;
	options.session = on_session;
	const auto client = monclient::client::connect(config, std::move(options));
	struct sigaction action = {};
	action.sa_handler = on_signal;
	action.sa_flags = static_cast<int>(SA_ONSTACK | SA_RESETHAND);
	sigaction(SIGINT, &action, nullptr); // until here Ctrl-C just ends the program
	sigaction(SIGTERM, &action, nullptr);

	std::vector<monclient::subscription> subscriptions;
	for (const std::string &map : maps)
		subscriptions.push_back(client.subscribe(map, on_map));
	while (sem_wait(&wake) != 0 && !interrupted) {
	}
	return 128 + interrupted;
}

} // namespace

int main(int argc, char **argv)
try {
	sem_init(&wake, 0, 0);
	return run(argc, argv);
} catch (const std::exception &e) {
	std::cerr << argv[0] << ": " << e.what() << '\n';
	return 1;
}
