/*
 * Proves: a C++ program that is compiled and linked as pkg-config says can use every
 * header, and exceptions belong to the green thread that throws them: it may
 * block, be preempted and go on on another worker between throw and catch, and
 * within a catch, while others do the same.
 */
#include <mn.h>
#include <mn_io.h>
#define MN_PTHREAD_NO_NAMES
#include <mn_pthread.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

namespace
{

constexpr int threads = 32;
constexpr int rounds = 50;

void check(bool holds, const char *what)
{
	if (holds)
		return;
	std::fprintf(stderr, "exceptions: %s\n", what);
	std::_Exit(1);
}

/* Objects of the thread alone, which must be gone in the end, each once. */
std::atomic<int> alive;

struct Counted {
	Counted() { alive++; }
	Counted(const Counted &) { alive++; }
	~Counted() { alive--; }
};

struct Failure : std::runtime_error {
	Failure(int n) : std::runtime_error(std::to_string(n)), number(n) {}
	int number;
	Counted counted;
};

void fail_at_depth(int n, int depth)
{
	Counted on_the_way;

	if (depth)
		fail_at_depth(n, depth - 1);
	mn_thread_yield();
	throw Failure(n);
}

/* Long enough that somebody is preempted in it. */
void compute()
{
	for (volatile int i = 0; i < 2000; i = i + 1)
		;
}

/* Yields while an exception is on its way: in a destructor. */
struct YieldsOnTheWay {
	~YieldsOnTheWay()
	{
		check(std::uncaught_exceptions() == 1, "the exception on its way is another thread's");
		mn_thread_yield();
		check(std::uncaught_exceptions() == 1, "the exception on its way got lost");
	}
};

void *throw_and_catch(void *arg)
{
	const int me = static_cast<int>(reinterpret_cast<intptr_t>(arg));

	check(std::uncaught_exceptions() == 0 && !std::current_exception(),
	      "a new thread has another's exception");
	for (int i = 0; i < rounds; i++) {
		const int n = me * rounds + i;

		try {
			YieldsOnTheWay y;

			fail_at_depth(n, i % 5);
		} catch (const Failure &f) {
			mn_thread_yield();
			compute();
			check(f.number == n, "caught what another thread threw");
			try {
				try {
					fail_at_depth(-n, 1);
				} catch (...) {
					mn_thread_yield();
					throw; /* this thread's newest */
				}
			} catch (const Failure &g) {
				check(g.number == -n, "threw another thread's exception anew");
			}
			mn_sleep_ns(1000);
			check(std::current_exception() != nullptr, "what it handles got lost");
			try {
				throw;
			} catch (const Failure &again) {
				check(again.number == n, "handles another thread's exception");
			}
		}
		check(!std::current_exception(), "handles an exception that it has not caught");
	}
	return arg;
}

/* Ends in a catch: what runs next on that worker handles no exception. */
void *exit_while_handling(void *)
{
	try {
		throw 1;
	} catch (int) {
		mn_thread_exit(nullptr);
	}
}

void *let_it_escape(void *)
{
	throw Failure(0);
}

/* Run in place or not, its exception is none of the joiner's. */
[[noreturn]] void test_escape()
{
	mn_thread_t t;

	std::set_terminate([] { std::_Exit(0); });
	check(!mn_thread_create(&t, nullptr, let_it_escape, nullptr), "no thread");
	try {
		mn_thread_join(t, nullptr);
	} catch (...) {
		check(false, "an exception got from one thread into another");
	}
	check(false, "an exception that nobody caught did not end the program");
	std::abort();
}

} // namespace

int main(int argc, char **)
{
	mn_thread_t t[threads];

	check(!mn_init(nullptr), "mn_init");
	if (argc > 1)
		test_escape();
	try {
		throw 0;
	} catch (int) { /* the main thread handles one all the while */
		for (int i = 0; i < threads; i++)
			check(!mn_thread_create(&t[i], nullptr, i % 8 ? throw_and_catch : exit_while_handling,
						reinterpret_cast<void *>(static_cast<intptr_t>(i))),
			      "no thread");
		for (int i = 0; i < threads; i++)
			check(!mn_thread_join(t[i], nullptr), "join");
		check(std::current_exception() != nullptr, "the main thread's exception got lost");
	}
	check(alive == 0, "something was destroyed never, or twice");
	check(!mn_shutdown(), "mn_shutdown");
	std::printf("%d threads threw and caught %d exceptions each\n", threads, rounds);
}
