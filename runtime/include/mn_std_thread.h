/*
 * std::thread and std::condition_variable on green threads; part of mn_pthread.h,
 * which see. For GCC's C++ library, from C++11 on.
 *
 * Its std::mutex and relatives, call_once(), sleep_for() and yield() call POSIX's names
 * from its headers, and so are mapped; what follows lies in libstdc++.so, where it would
 * remain the system's and wait on objects that are not. The program's definitions take
 * its place: all that lies in one file there, or a linker of static libraries would
 * take the rest, and with it the other ones.
 *
 * std::future, latches, C++20's semaphores and atomics' wait() block the kernel thread, as
 * calls do that nobody has declared.
 */
#ifndef MN_STD_THREAD_H
#define MN_STD_THREAD_H

#include "mn_pthread.h"

#if defined(__cplusplus) && __cplusplus >= 201103L && !defined(MN_PTHREAD_NO_NAMES)
#include <condition_variable>
#include <memory>
#include <system_error>
#include <thread>

#ifdef _GLIBCXX_HAS_GTHREADS

extern "C" inline void *mn_std_thread_run(void *state)
{
	std::unique_ptr<std::thread::_State> s(static_cast<std::thread::_State *>(state));

	s->_M_run();
	return nullptr;
}

inline std::thread::_State::~_State() = default;

inline void std::thread::_M_start_thread(_State_ptr state, void (*)())
{
	int error = mn_posix_create(&_M_id._M_thread, nullptr, mn_std_thread_run, state.get());

	if (error)
		throw std::system_error(error, std::generic_category());
	state.release();
}

inline void std::thread::join()
{
	int error = joinable() ? mn_posix_join(_M_id._M_thread, nullptr) : EINVAL;

	if (error)
		throw std::system_error(error, std::generic_category());
	_M_id = id();
}

inline void std::thread::detach()
{
	int error = joinable() ? mn_posix_detach(_M_id._M_thread) : EINVAL;

	if (error)
		throw std::system_error(error, std::generic_category());
	_M_id = id();
}

inline unsigned std::thread::hardware_concurrency() noexcept
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? static_cast<unsigned>(n) : 0;
}

inline std::condition_variable::condition_variable() noexcept = default;
inline std::condition_variable::~condition_variable() noexcept = default;

inline void std::condition_variable::wait(std::unique_lock<std::mutex> &lock)
{
	mn_posix_cond_wait(native_handle(), lock.mutex()->native_handle());
}

inline void std::condition_variable::notify_one() noexcept
{
	mn_posix_cond_signal(native_handle());
}

inline void std::condition_variable::notify_all() noexcept
{
	mn_posix_cond_broadcast(native_handle());
}

#endif
#endif
#endif
