/*
 * Proves: a program on POSIX threads that does its input and output by POSIX's
 * names, compiled with mn_pthread.h, has what POSIX promises: results, errno per
 * thread, -1 for errors; and its threads do not hinder each other, also with one
 * worker. Streams of stdio may take fds over, and members of structures may have the
 * functions' names.
 */
#include "mn_pthread.h"

#include <stdio.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/uio.h>

#include "check.h"

/* In the style of drivers: names of members change together with the functions'. */
struct operations {
	ssize_t (*read)(int fd, void *p, size_t n);
	ssize_t (*write)(int fd, const void *p, size_t n);
	int (*close)(int fd);
};

static const struct operations by_name = {.read = read, .write = write, .close = close};

static void *answer(void *arg)
{
	int *fds = arg;
	char c;

	while (by_name.read(fds[0], &c, 1) == 1)
		CHECK_EQ(by_name.write(fds[1], &c, 1), 1);
	CHECK_EQ(by_name.close(fds[1]), 0);
	return NULL;
}

static void pipes(void)
{
	int there[2];
	int back[2];
	int ends[2];
	pthread_t t;
	char c;

	CHECK_EQ(pipe(there), 0);
	CHECK_EQ(pipe2(back, O_CLOEXEC), 0);
	CHECK_EQ(fcntl(back[0], F_GETFD), FD_CLOEXEC);
	ends[0] = there[0];
	ends[1] = back[1];
	CHECK_EQ(pthread_create(&t, NULL, answer, ends), 0);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(write(there[1], "p", 1), 1);
		CHECK_EQ(read(back[0], &c, 1), 1);
	}
	CHECK_EQ(close(there[1]), 0);
	CHECK_EQ(read(back[0], &c, 1), 0);
	CHECK_EQ(pthread_join(t, NULL), 0);
	CHECK_EQ(close(there[0]), 0);
	CHECK_EQ(close(back[0]), 0);
}

static void *serve(void *arg)
{
	int listener = *(int *)arg;
	int fd = accept(listener, NULL, NULL);
	char text[10];

	CHECK(fd >= 0);
	CHECK_EQ(recv(fd, text, 5, MSG_WAITALL), 5);
	CHECK_EQ(send(fd, text, 5, 0), 5);
	CHECK_EQ(close(fd), 0);
	return NULL;
}

static void sockets(void)
{
	struct addrinfo hints = {.ai_family = AF_INET,
				 .ai_socktype = SOCK_STREAM,
				 .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *a;
	struct sockaddr_in at;
	socklen_t size = sizeof at;
	struct pollfd p;
	struct timeval t = {10, 0};
	fd_set set;
	int listener;
	int fd;
	pthread_t server;
	char text[10];

	CHECK_EQ(getaddrinfo("127.0.0.1", "0", &hints, &a), 0);
	listener = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
	CHECK_EQ(bind(listener, a->ai_addr, a->ai_addrlen), 0);
	freeaddrinfo(a);
	CHECK_EQ(listen(listener, 5), 0);
	CHECK_EQ(getsockname(listener, (struct sockaddr *)&at, &size), 0);
	CHECK_EQ(pthread_create(&server, NULL, serve, &listener), 0);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK_EQ(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
	CHECK_EQ(writev(fd, (struct iovec[]){{"he", 2}, {"llo", 3}}, 2), 5);
	FD_ZERO(&set);
	FD_SET(fd, &set);
	CHECK_EQ(select(fd + 1, &set, NULL, NULL, &t), 1);
	p = (struct pollfd){fd, POLLIN, 0};
	CHECK_EQ(poll(&p, 1, -1), 1);
	CHECK_EQ(read(fd, text, 10), 5);
	CHECK(!memcmp(text, "hello", 5));
	CHECK_EQ(pthread_join(server, NULL), 0);
	CHECK_EQ(fcntl(listener, F_GETFL) & O_NONBLOCK,
		 0); /* accept() has set it, and does not tell */
	CHECK_EQ(fcntl(listener, F_SETFL, O_NONBLOCK), 0);
	CHECK_EQ(accept(listener, NULL, NULL), -1);
	CHECK_EQ(errno, EAGAIN);
	CHECK_EQ(fcntl(listener, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	CHECK_EQ(close(listener), 0);
	CHECK_EQ(close(fd), 0);
}

static void *fail(void *arg)
{
	char c;

	for (int i = 0; i < 50; i++) {
		if (arg) {
			CHECK_EQ(read(-1, &c, 1), -1);
			pthread_yield();
			CHECK_EQ(errno, EBADF);
		} else {
			CHECK_EQ(open("/nowhere/at/all", O_RDONLY), -1);
			sched_yield();
			CHECK_EQ(errno, ENOENT);
		}
	}
	return NULL;
}

static void errors(void)
{
	pthread_t a;
	pthread_t b;

	CHECK_EQ(pthread_create(&a, NULL, fail, NULL), 0);
	CHECK_EQ(pthread_create(&b, NULL, fail, &b), 0);
	CHECK_EQ(pthread_join(a, NULL), 0);
	CHECK_EQ(pthread_join(b, NULL), 0);
	CHECK_EQ(close(-1), -1);
	CHECK_EQ(errno, EBADF);
}

static void *say(void *fd)
{
	CHECK_EQ(write(*(int *)fd, "a line\n", 7), 7);
	return NULL;
}

static void streams(void)
{
	char line[20];
	int fds[2];
	pthread_t t;
	FILE *f;

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(pthread_create(&t, NULL, say, &fds[1]), 0);
	CHECK_EQ(pthread_join(t, NULL), 0); /* stdio's own calls block the worker */
	f = fdopen(fds[0], "r");
	CHECK(f != NULL);
	CHECK(fgets(line, sizeof line, f));
	CHECK(!strcmp(line, "a line\n"));
	CHECK_EQ(fclose(f), 0);
	CHECK_EQ(fcntl(fds[0], F_GETFD), -1);
	CHECK_EQ(close(fds[1]), 0);
}

static void copies(void)
{
	int fds[2];
	int copy;
	char c;

	CHECK_EQ(pipe(fds), 0);
	copy = dup(fds[0]);
	CHECK_EQ(dup2(copy, copy), copy);
	CHECK_EQ(dup2(fds[1], copy), copy);
	CHECK_EQ(dup2(-1, copy), -1);
	CHECK_EQ(write(copy, "c", 1), 1);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(close(copy), 0);
	CHECK_EQ(close(fds[0]), 0);
	CHECK_EQ(close(fds[1]), 0);
}

/* The rest of the names, each by a call that has a result of its own. */
static void names(void)
{
	char path[] = "/tmp/mn-posix-io-XXXXXX";
	struct itimerspec soon = {.it_value = {0, 100000}};
	struct timespec none = {0, 0};
	struct iovec part;
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	struct epoll_event e = {.events = EPOLLIN};
	fd_set set;
	uint64_t n = 2;
	char text[10];
	int fds[2];
	int fd = mkstemp(path);
	int ep;

	CHECK_REL(fd, >=, 0);
	CHECK_EQ(close(fd), 0);
	CHECK_REL(fd = open(path, O_RDWR | O_CREAT, 0600), >=, 0);
	CHECK_EQ(pwrite(fd, "hello", 5, 3), 5);
	CHECK_EQ(pread(fd, text, 10, 4), 4);
	CHECK(!memcmp(text, "ello", 4));
	CHECK_EQ(readv(fd, (struct iovec[]){{text, 3}, {text + 3, 7}}, 2), 8);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(fdatasync(fd), 0);
	CHECK_EQ(close(fd), 0);
	CHECK_REL(fd = openat(AT_FDCWD, path, O_RDONLY), >=, 0);
	CHECK_EQ(close(fd), 0);
	CHECK_REL(fd = creat(path, 0600), >=, 0);
	CHECK_EQ(dup3(fd, fd, 0), -1);
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(unlink(path), 0);

	CHECK_REL(fd = eventfd(0, 0), >=, 0);
	CHECK_EQ(write(fd, &n, sizeof n), sizeof n);
	CHECK_EQ(read(fd, &n, sizeof n), sizeof n);
	CHECK_EQ(close(fd), 0);
	CHECK_REL(fd = timerfd_create(CLOCK_MONOTONIC, 0), >=, 0);
	CHECK_EQ(timerfd_settime(fd, 0, &soon, NULL), 0);
	CHECK_EQ(read(fd, &n, sizeof n), sizeof n);
	CHECK_EQ(n, 1);
	CHECK_EQ(close(fd), 0);

	CHECK_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	CHECK_EQ(setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){0, 1000},
			    sizeof(struct timeval)),
		 0);
	CHECK_EQ(recv(fds[0], text, 1, 0), -1);
	CHECK_EQ(errno, EAGAIN);
	part = (struct iovec){"msg", 3};
	CHECK_EQ(sendmsg(fds[0], &m, 0), 3);
	part = (struct iovec){text, 10};
	CHECK_EQ(recvmsg(fds[1], &m, 0), 3);
	CHECK_EQ(sendto(fds[0], "to", 2, 0, NULL, 0), 2);
	CHECK_EQ(ppoll(&(struct pollfd){fds[1], POLLIN, 0}, 1, NULL, NULL), 1);
	FD_ZERO(&set);
	FD_SET(fds[1], &set);
	CHECK_EQ(pselect(fds[1] + 1, &set, NULL, NULL, &none, NULL), 1);
	CHECK_REL(ep = epoll_create1(0), >=, 0);
	CHECK_EQ(epoll_ctl(ep, EPOLL_CTL_ADD, fds[1], &e), 0);
	CHECK_EQ(epoll_wait(ep, &e, 1, -1), 1);
	CHECK_EQ(close(ep), 0);
	CHECK_EQ(recvfrom(fds[1], text, 10, 0, NULL, NULL), 2);
	CHECK_EQ(ioctl(fds[1], FIONREAD, &fd), 0);
	CHECK_EQ(fd, 0);
	CHECK_EQ(shutdown(fds[0], SHUT_WR), 0);
	CHECK_EQ(read(fds[1], text, 1), 0);
	CHECK_EQ(close(fds[0]), 0);
	CHECK_EQ(close(fds[1]), 0);
	CHECK_EQ(accept4(-1, NULL, NULL, 0), -1);
	CHECK_EQ(errno, EBADF);
	CHECK_EQ(usleep(1), 0);
	CHECK_EQ(nanosleep(&none, NULL), 0);
	CHECK_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &none, NULL), 0);
	CHECK_EQ(sleep(0), 0);
}

int main(void)
{
	int fds[2];
	char c;

	CHECK_EQ(pipe(fds), 0); /* before there is a runtime: plain calls */
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EQ(read(fds[0], &c, 1), 1);
	CHECK_EQ(close(fds[0]), 0);
	CHECK_EQ(close(fds[1]), 0);
	errors();
	pipes();
	sockets();
	streams();
	copies();
	names();
	return 0;
}
