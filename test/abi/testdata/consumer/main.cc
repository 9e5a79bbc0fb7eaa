// The same in C++.
#include <monclient.hpp>

#include <cstdio>
#include <string>

int main()
{
	if (monclient_version_number() != MONCLIENT_VERSION_NUMBER)
		return 1;
	monclient::config config;
	config.set("name", "client.consumer");
	if (config.get_option("name").view() != "client.consumer")
		return 1;
	std::printf("%s\n", monclient_version());
}
