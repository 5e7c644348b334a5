/*
 * Proves: a C++ program that is compiled with -include mn_pthread.h has green threads of
 * std::thread, and std::mutex, std::condition_variable, std::shared_mutex and call_once() are
 * theirs: thousands of them wait for each other on one worker.
 */
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace
{

constexpr int threads = 2000;

std::mutex lock;
std::condition_variable arrived, opened;
std::shared_mutex shared;
std::once_flag flag;
int here;
bool go;
std::atomic<int> once, ended;

void check(bool holds, const char *what)
{
	if (holds)
		return;
	std::fprintf(stderr, "threads: %s\n", what);
	std::_Exit(1);
}

void meet()
{
	std::unique_lock<std::mutex> l(lock);

	here++;
	arrived.notify_one();
	opened.wait(l, [] { return go; });
	l.unlock();
	std::call_once(flag, [] {
		std::this_thread::sleep_for(std::chrono::milliseconds(1));
		once++;
	});
	check(once == 1, "call_once() was not over");
	std::shared_lock<std::shared_mutex> reads(shared);
	std::this_thread::yield();
	ended++;
}

template <typename Call> int error_of(Call call)
{
	try {
		call();
	} catch (const std::system_error &e) {
		return e.code().value();
	}
	return 0;
}

} // namespace

int main()
{
	struct mn_stats before, after;
	std::vector<std::thread> all;

	check(pthread_self() != 0, "main has no name"); /* starts the runtime */
	mn_stats_read(&before);
	for (int i = 0; i < threads; i++)
		all.emplace_back(meet);
	check(all[0].get_id() != all[1].get_id(), "two threads have one name");
	{
		std::unique_lock<std::mutex> l(lock);

		arrived.wait(l, [] { return here == threads; });
		check(opened.wait_for(l, std::chrono::milliseconds(1)) == std::cv_status::timeout,
		      "a time is up and nothing says so");
		go = true;
	}
	opened.notify_all();
	for (int i = 0; i < threads / 2; i++)
		all[i].join();
	for (int i = threads / 2; i < threads; i++)
		all[i].detach();
	while (ended != threads)
		std::this_thread::yield();
	mn_stats_read(&after);
	check(after.spawns - before.spawns == threads, "they were no green threads");
	check(error_of([&] { all[0].join(); }) == EINVAL, "a thread can be joined twice");
	check(error_of([&] { all[threads - 1].detach(); }) == EINVAL, "or detached");
	check(std::thread::hardware_concurrency() > 0, "there is no processor");
	std::printf("%d threads of the C++ library\n", threads);
	return 0;
}
