/*
 * command_cpp: commands through the C++ wrapper: all are sent at once, as futures, and their answers printed in the
 * order given.
 *
 *     ./command_cpp 'osd tree' '{"prefix": "osd dump", "format": "json"}'
 *
 * It shows monclient.hpp: owners that close what they own, exceptions, durations, std::future, and a lambda that hears
 * of the session.
 */
#include <future>
#include <iostream>
#include <monclient.hpp>
#include <string>
#include <vector>

namespace {

constexpr auto help =
	"Usage: command_cpp [-v] [OPTION...] COMMAND...\n"
	"Sends commands to the monitors of a cluster, and prints what they answer. Each argument is one: its words, or JSON.\n"
	"  -v   tell of the session, on standard error\n"
	"Options are those of Ceph: -c FILE, -m MONITORS, -n NAME, -k KEYRING, --rados-mon-op-timeout SECONDS, ...\n";

/** The words of a command, which have no quotes in them, in JSON. */
std::string in_json(const std::string &words)
{
	return !words.empty() && words.front() == '{' ? words : R"({"prefix": ")" + words + R"("})";
}

/** Reads the configuration file, if there is one. What arguments and environment have said goes before it. */
void read_file(monclient::config &config)
{
	std::error_code ec;

	config.read_file(ec);
	if (ec == std::errc::no_such_file_or_directory && !config.get_option("mon_host").empty())
		ec.clear(); // without a file -m is enough
	if (ec)
		throw monclient::error(ec, monclient::last_error());
}

int run(int argc, char **argv)
{
	monclient::config config;
	config.parse_env();
	config.parse_argv(argc, argv);

	const std::vector<std::string> words(argv + 1, argv + argc);
	std::vector<std::string> commands;
	monclient::connect_options options;

	for (const std::string &word : words)
		if (word == "-h" || word == "--help") {
			std::cout << help;
			return 0;
		} else if (word == "-v") {
			options.session = [](const monclient::session_event &e) {
				if (e.change() == monclient::session_change::connected)
					std::cerr << "with mon." << e.mon() << " at " << e.addr() << '\n';
			};
		} else {
			commands.push_back(in_json(word));
		}
	if (commands.empty()) {
		std::cerr << "which command? -h helps\n";
		return 1;
	}

	read_file(config);
	const auto client = monclient::client::connect(config, std::move(options));
	std::vector<std::future<monclient::reply>> replies;
	for (const std::string &command : commands)
		replies.push_back(client.command_future(command));
	int code = 0;
	for (auto &future : replies)
		try {
			const monclient::reply reply = future.get(); // throws monclient::error when nobody has answered
			std::cout << reply.output() << std::flush;
			reply.check();
			if (!reply.status().empty())
				std::cerr << reply.status() << '\n';
		} catch (const monclient::refused &no) {
			std::cerr << "Error: " << no.what() << '\n';
			code = code != 0 ? code : -no.code().value();
		}
	return std::cout ? code : 1;
}

} // namespace

int main(int argc, char **argv)
try {
	return run(argc, argv);
} catch (const std::exception &e) {
	std::cerr << argv[0] << ": " << e.what() << '\n';
	return 1;
}
