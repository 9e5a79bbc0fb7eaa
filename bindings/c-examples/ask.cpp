/*
 * ask_cpp: questions through the C++ wrapper.
 *
 *     ./ask_cpp                              # which monitors are there, and how much room is there?
 *     ./ask_cpp osd pool create books 8      # words, as the ceph command takes them
 *     ./ask_cpp -p osd tre                   # what they would send; here: why they are no command
 *
 * It shows monclient.hpp's ask(), ask_async() and ask_future(): a question is an object that says what its answer is, a
 * buffer with JSON, a number, or nothing. The words are made a command by the cluster's own table of commands; an osdmap
 * that the command makes has reached this client when the answer is given (command_options.barrier).
 */
#include <future>
#include <iostream>
#include <monclient.hpp>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;

constexpr auto help =
	"Usage: ask_cpp [-p] [OPTION...] [WORD...]\n"
	"Sends a command, in words as the ceph command takes them. Without any, asks who is there, and how much room.\n"
	"  -p   print the command, and do not send it\n"
	"Options are those of Ceph: -c FILE, -m MONITORS, -n NAME, -k KEYRING, --rados-mon-op-timeout SECONDS, ...\n";

/** Asks for the capacity, and each monitor whether it is there, all at once. */
int look(const monclient::client &client)
{
	auto capacity = client.ask_future(monclient::cluster_stats{});
	std::vector<std::future<std::string>> pings;
	const std::string monmap = client.monmap_json().str();
	for (auto at = monmap.find("\"rank\":"); at != monmap.npos; at = monmap.find("\"rank\":", at + 1)) // ranks have no gaps
		pings.push_back(client.ask_future(monclient::ping{std::to_string(pings.size())}, 5s));
	int code = 0;
	for (auto &ping : pings)
		try {
			const std::string answer = ping.get(); // {"mon", "round_trip", "reply", "text"}, the last two of them long
			std::cout << "ping: " << answer.substr(0, answer.find(",\"reply\"")) << "}\n";
		} catch (const monclient::error &e) {
			std::cerr << e.what() << '\n';
			code = 1;
		}
	std::cout << "capacity: " << capacity.get() << '\n';
	return code;
}

/** Makes a command of words, and sends it. */
int send(const monclient::client &client, const std::vector<std::string> &words, bool print)
{
	const monclient::buffer command = client.ask(monclient::command_parse{words});
	if (print) {
		std::cout << command.view() << '\n';
		return 0;
	}
	monclient::command_options options;
	options.barrier = "osdmap";
	const monclient::reply reply = client.command(command, options);
	std::cout << reply.output() << std::flush;
	reply.check(); // throws monclient::refused
	if (!reply.status().empty())
		std::cerr << reply.status() << '\n';
	return 0;
}

int run(int argc, char **argv)
{
	monclient::config config;
	config.parse_env();
	config.parse_argv(argc, argv);

	std::vector<std::string> words(argv + 1, argv + argc);
	if (!words.empty() && (words.front() == "-h" || words.front() == "--help")) {
		std::cout << help;
		return 0;
	}
	const bool print = !words.empty() && words.front() == "-p";
	if (print)
		words.erase(words.begin());
	if (print && words.empty()) {
		std::cerr << "which command? -h helps\n";
		return 1;
	}
	std::error_code ec;
	config.read_file(ec);
	if (ec == std::errc::no_such_file_or_directory && !config.get_option("mon_host").empty())
		ec.clear(); // without a file -m is enough
	if (ec)
		throw monclient::error(ec, monclient::last_error());

	const auto client = monclient::client::connect(config);
	return words.empty() ? look(client) : send(client, words, print);
}

} // namespace

int main(int argc, char **argv)
try {
	return run(argc, argv);
} catch (const monclient::refused &no) {
	std::cerr << "Error: " << no.what() << '\n';
	return -no.code().value();
} catch (const std::exception &e) {
	std::cerr << argv[0] << ": " << e.what() << '\n';
	return 1;
}
