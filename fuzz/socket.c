/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One connection to the control socket of a daemon whose requests do nothing. Input: how many
 * bytes are sent at a time (0: all), switches, then the bytes. Switches: bits 0-2 how many
 * descriptors come with the first bytes (up to 5), bit 3 the client goes away without reading (or
 * the daemon drops it, when as many bytes as it sends at a time are odd),
 * bit 4 blanks before the bytes up to the limit, bits 5-7 what the request does: ends, fails,
 * answers thrice, stays, answers more than a client may leave unread.
 *
 * Property: a request begins if and only if the first line decodes as one (fuzz/control.c), once,
 * and is that line; it gets the first two descriptors, and no other stays open; a line that is
 * refused is answered with one failure; a request whose client went is cancelled, and no other;
 * what is left of the connection is nothing.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "tools/trec/daemon.h"
#include "tools/trec/request.h"

#define FDS_MAX 5
#define ANSWERS_MAX (1 << 16)

enum deed { ENDS, FAILS, ANSWERS, STAYS, FLOODS };

/* ---- what stands in for a device --------------------------------------------------------- */

static int dir_fd;
static struct op the_op;
static enum deed deed;
static struct {
	unsigned begun, cancelled;
	bool ended;
	json_t *request;
	int fds;
} seen;

struct trec_keystore *device_keys(struct device *d)
{
	(void)d;
	return NULL;
}

int __wrap_trec_keystore_dirfd(const struct trec_keystore *ks);
void __wrap_trec_keystore_control_path(int dirfd, char out[TREC_CONTROL_PATH_LEN]);

int __wrap_trec_keystore_dirfd(const struct trec_keystore *ks)
{
	(void)ks;
	return dir_fd;
}

void __wrap_trec_keystore_control_path(int dirfd, char out[TREC_CONTROL_PATH_LEN])
{
	(void)snprintf(out, TREC_CONTROL_PATH_LEN, "/proc/self/fd/%d/control", dirfd);
}

static void results(struct sink *s, unsigned n, size_t size)
{
	char *text = malloc(size + 1);
	json_t *object;

	if (text == NULL)
		abort();
	memset(text, 'r', size);
	text[size] = '\0';
	object = json_pack("{s:s}", "text", text);
	for (unsigned i = 0; i < n; i++)
		s->result(s, "text", object);
	json_decref(object);
	free(text);
}

struct op *op_start(struct device *dev, struct daemon *daemon, struct sink *sink, json_t *request,
		    int in_fd, int out_fd)
{
	struct failure f = { 0 };

	(void)dev;
	(void)daemon;
	seen.begun++;
	seen.request = request;
	seen.fds = (in_fd >= 0) + (out_fd >= 0);
	if (in_fd >= 0)
		close(in_fd);
	if (out_fd >= 0)
		close(out_fd);
	if (deed == FLOODS)
		results(sink, 40, 32768);
	if (deed == ANSWERS)
		results(sink, 3, 10);
	seen.ended = deed != STAYS;
	if (deed == FAILS)
		fail(&f, TREC_E_NO_PEER, "there is no such peer");
	if (seen.ended)
		sink->end(sink, deed == FAILS ? &f : NULL);
	return &the_op;
}

void op_cancel(struct op *op)
{
	fuzz_must(op == &the_op, "the request that there is");
	seen.cancelled++;
}

/* ---- the client -------------------------------------------------------------------------- */

static struct daemon daemon_;
static uv_loop_t loop;
static struct sockaddr_un address = { .sun_family = AF_UNIX };

static void start(void)
{
	struct failure f = { 0 };
	char folder[] = "/tmp/fuzz-socket-XXXXXX";

	fuzz_must(mkdtemp(folder) != NULL, "a folder");
	dir_fd = open(folder, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	daemon_.loop = &loop;
	fuzz_must(dir_fd >= 0 && uv_loop_init(&loop) == 0 &&
			  control_open(&daemon_, &f) == TREC_OK,
		  "a control socket");
	(void)snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/control",
		       dir_fd);
}

static void finish(void)
{
	control_close(&daemon_);
	control_close(&daemon_);
	control_drop_clients(&daemon_);
	while (uv_run(&loop, UV_RUN_NOWAIT) != 0)
		;
	control_free(&daemon_);
	(void)uv_loop_close(&loop);
	char folder[64], path[64];
	ssize_t n;

	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", dir_fd);
	n = readlink(path, folder, sizeof folder - 1);
	if (n > 0) {
		folder[n] = '\0';
		(void)rmdir(folder);
	}
	close(dir_fd);
}

static void turn(unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		(void)uv_run(&loop, UV_RUN_NOWAIT);
}

static bool say(int fd, const uint8_t *p, size_t n, unsigned fds)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = { 0 };
	struct iovec v = { (void *)(uintptr_t)p, n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	int all[FDS_MAX];

	if (fds > 0) {
		for (unsigned i = 0; i < fds; i++)
			all[i] = dir_fd;
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(fds * sizeof(int));
		struct cmsghdr *h = CMSG_FIRSTHDR(&m);

		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(fds * sizeof(int));
		memcpy(CMSG_DATA(h), all, fds * sizeof(int));
	}
	return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)n;
}

/* What the daemon says until it closes, or has nothing more to say. */
static size_t hear(int fd, char *out, bool *closed)
{
	size_t n = 0;

	for (unsigned quiet = 0; quiet < 2 && n < ANSWERS_MAX;) {
		turn(2);
		ssize_t got = recv(fd, out + n, ANSWERS_MAX - n, MSG_DONTWAIT);

		if (got == 0)
			*closed = true;
		if (got <= 0)
			quiet += *closed ? 2 : 1;
		else
			n += (size_t)got, quiet = 0;
	}
	return n;
}

/* Answers are lines of JSON; the last says how it ended. */
static void judge(const char *answers, size_t n, bool valid, bool line)
{
	json_error_t error;
	const char *last = answers;
	unsigned lines = 0;

	for (const char *p = answers; p < answers + n; p++)
		if (*p == '\n' && ++lines > 0 && p + 1 < answers + n)
			last = p + 1;
	if (!line || (valid && (deed == STAYS || deed == FLOODS))) {
		fuzz_must(n == 0 || deed == FLOODS, "nothing to answer");
		return;
	}
	fuzz_must(n > 0 && answers[n - 1] == '\n', "answers are lines");
	json_t *end = json_loadb(last, (size_t)(answers + n - last), 0, &error);

	fuzz_must(json_is_object(end), "of JSON");
	bool failed = json_object_get(end, "failure") != NULL;

	fuzz_must(failed == (!valid || deed == FAILS), "a failure is told as one");
	fuzz_must(failed || json_is_true(json_object_get(end, "done")), "and so is success");
	fuzz_must(lines == (valid && deed == ANSWERS ? 4u : 1u), "with what was said between");
	json_decref(end);
}

static bool decodes(const uint8_t *p, size_t n, json_t **out, bool *line)
{
	struct failure f = { 0 };
	const uint8_t *end = memchr(p, '\n', n);

	*out = NULL;
	*line = end != NULL || n > REQUEST_LINE_MAX;
	return end != NULL &&
	       request_decode((const char *)p, (size_t)(end - p), out, &f) == TREC_OK;
}

static void talk(const uint8_t *p, size_t n, size_t piece, unsigned fds, bool goes)
{
	static char answers[ANSWERS_MAX];
	bool line, closed = false, sent = true;
	json_t *want;
	bool valid = decodes(p, n, &want, &line);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	fuzz_must(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0,
		  "a client comes");
	turn(1);
	for (size_t at = 0; at < n && sent; at += piece) {
		sent = say(fd, p + at, n - at < piece ? n - at : piece, at == 0 ? fds : 0);
		turn(1);
	}
	turn(4); /* what comes with descriptors is read in parts */
	size_t heard = goes ? 0 : hear(fd, answers, &closed);

	if (goes && piece % 2 == 1)
		control_drop_clients(&daemon_);
	close(fd);
	turn(4);
	fuzz_must(seen.begun == (valid ? 1 : 0), "what decodes begins, once");
	fuzz_must(!valid || json_equal(seen.request, want) == 1, "as it was sent");
	fuzz_must(!valid || seen.fds == (fds > 2 ? 2 : (int)fds), "with two descriptors at most");
	fuzz_must(seen.cancelled == (valid && !seen.ended), "cancelled when its client went");
	if (!goes)
		judge(answers, heard, valid, line);
	json_decref(want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static uint8_t bytes[REQUEST_LINE_MAX + 8192];
	size_t blanks = 0;

	if (dir_fd == 0) {
		start();
		atexit(finish);
	}
	if (n < 3 || n > 8192)
		return 0;
	if ((data[1] & 16) != 0)
		blanks = REQUEST_LINE_MAX - 64;
	memset(bytes, ' ', blanks);
	memcpy(bytes + blanks, data + 2, n - 2);
	n = n - 2 + blanks;
	memset(&seen, 0, sizeof seen);
	deed = (enum deed)((data[1] >> 5) % 5);
	int lowest = dup(dir_fd);

	close(lowest);
	talk(bytes, n, data[0] == 0 || blanks > 0 ? n : data[0], (data[1] & 7u) % 6,
	     (data[1] & 8) != 0);
	json_decref(seen.request);
	int now = dup(dir_fd);

	close(now);
	fuzz_must(now == lowest, "no descriptor stays open");
	return 0;
}
