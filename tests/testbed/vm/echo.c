// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * echo: plain kernel RFCOMM between two controllers, with nothing of libtrec in it, to show that
 * the testbed carries bytes and that what happens to a link is noticed.
 *
 *   echo FROM TO [ROUNDS SIZE]    a listener at the address TO; from the address FROM connects to
 *                                 it and has ROUNDS pieces of SIZE bytes come back unchanged
 *   echo FROM TO hold             after one such piece says "up" and waits for the link to end;
 *                                 then names the error that the connecting end sees
 *
 * Exit 0, or 1 with the failing call's name and error.
 */
#include <bluetooth/bluetooth.h>
#include <bluetooth/rfcomm.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIZE_MAX_BYTES 65536

static void fail(const char *what)
{
	printf("%s: %s\n", what, strerrorname_np(errno));
	exit(1);
}

static struct sockaddr_rc at(const char *address)
{
	struct sockaddr_rc a = { .rc_family = AF_BLUETOOTH };
	uint8_t *b = a.rc_bdaddr.b;

	if (sscanf(address, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &b[5], &b[4], &b[3], &b[2],
		&b[1], &b[0]) != 6) {
		fprintf(stderr, "echo: %s is no address\n", address);
		exit(2);
	}
	return a;
}

/* A listener with the channel that the kernel chose, in `a`. */
static int listener(struct sockaddr_rc *a)
{
	socklen_t len = sizeof(*a);
	int fd = socket(AF_BLUETOOTH, SOCK_STREAM, BTPROTO_RFCOMM);

	if (fd < 0 || bind(fd, (struct sockaddr *)a, sizeof(*a)) != 0 || listen(fd, 1) != 0)
		fail("listen");
	if (getsockname(fd, (struct sockaddr *)a, &len) != 0 || a->rc_channel == 0)
		fail("getsockname");
	return fd;
}

static void write_all(int fd, const uint8_t *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w <= 0)
			fail("write");
		p += w;
		n -= (size_t)w;
	}
}

static void serve(int listening)
{
	uint8_t buf[4096];
	int fd = accept(listening, NULL, NULL);
	ssize_t n;

	if (fd < 0)
		_exit(1);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t done = 0, w; done < n; done += w)
			if ((w = write(fd, buf + done, (size_t)(n - done))) <= 0)
				_exit(1);
	_exit(0);
}

static void round_trip(int fd, unsigned round, size_t size)
{
	static uint8_t out[SIZE_MAX_BYTES], in[SIZE_MAX_BYTES];

	for (size_t i = 0; i < size; i++)
		out[i] = (uint8_t)(i * 31 + round * 7 + (i >> 8));
	write_all(fd, out, size);
	for (size_t got = 0; got < size;) {
		ssize_t n = read(fd, in + got, size - got);

		if (n <= 0)
			fail(n == 0 ? "read: end" : "read");
		got += (size_t)n;
	}
	if (memcmp(in, out, size) != 0) {
		printf("round %u: other bytes came back\n", round);
		exit(1);
	}
}

static void hold(int fd)
{
	uint8_t byte;
	ssize_t n;

	round_trip(fd, 0, 64);
	puts("up");
	fflush(stdout);
	n = read(fd, &byte, 1);
	printf("down: %s\n", n == 0 ? "end" : n < 0 ? strerrorname_np(errno) : "a byte");
}

static int called(struct sockaddr_rc from, struct sockaddr_rc to)
{
	int fd = socket(AF_BLUETOOTH, SOCK_STREAM, BTPROTO_RFCOMM);

	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0)
		fail("bind");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		fail("connect");
	return fd;
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 4 ? (unsigned)atoi(argv[3]) : 200;
	size_t size = argc > 4 ? (size_t)atoi(argv[4]) : 512;
	struct sockaddr_rc from, to;
	struct timespec begin, end;
	int listening, fd, status;
	pid_t child;

	if (argc < 3 || size == 0 || size > SIZE_MAX_BYTES)
		return 2;
	from = at(argv[1]);
	to = at(argv[2]);
	listening = listener(&to);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listening);
	}
	fd = called(from, to);
	if (argc == 4 && strcmp(argv[3], "hold") == 0) {
		hold(fd);
		kill(child, SIGKILL);
		return 0;
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (unsigned i = 0; i < rounds; i++)
		round_trip(fd, i, size);
	clock_gettime(CLOCK_MONOTONIC, &end);
	close(fd);
	if (waitpid(child, &status, 0) != child || status != 0) {
		puts("the other end did not see the end");
		return 1;
	}
	printf("%zu bytes there and back in %.2f s\n", rounds * size,
		(double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
	return 0;
}
