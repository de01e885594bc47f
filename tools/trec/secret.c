/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads secrets from files, pipes, the terminal and argv; see secret.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include <trec/bytes.h>

#include "tools/trec/secret.h"

/* Values taken out of argv: as many as a command line may hold secrets. */
#define HIDDEN_MAX 4
static char hidden[HIDDEN_MAX][SECRET_MAX + 1];

/* The signal that came while a terminal was without echo; 0: none. */
static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
	interrupted = number;
}

void secret_wipe(struct secret *s)
{
	trec_secret_free(s->text, SECRET_MAX + 1);
	s->text = NULL;
	s->n = 0;
}

trec_err secret_room(struct secret *s, struct failure *f)
{
	s->n = 0;
	if (s->text == NULL)
		s->text = trec_secret_alloc(SECRET_MAX + 1);
	return s->text != NULL ? TREC_OK : fail_plain(f, TREC_E_NO_MEMORY);
}

#define STACK_BYTES 32768

/* Never inlined: its frame must lie where the frames of the calls before lay. */
__attribute__((noinline)) void secret_burn_stack(void)
{
	char frame[STACK_BYTES];

	trec_wipe(frame, sizeof frame);
}

void secret_forget_argv(void)
{
	trec_wipe(hidden, sizeof hidden);
}

/* Reads until the end, or until a newline if lines; at most SECRET_MAX + 1 bytes to notice more. */
static ssize_t read_some(int fd, char *out, bool line)
{
	size_t n = 0;

	while (n <= SECRET_MAX) {
		/* One byte at a time: what follows the line belongs to somebody else. */
		ssize_t got = read(fd, out + n, line ? 1 : SECRET_MAX + 1 - n);

		if (got < 0 && errno == EINTR && !interrupted)
			continue;
		if (got < 0)
			return -1;
		n += (size_t)got;
		if (got == 0 || (line && out[n - 1] == '\n'))
			break;
	}
	return (ssize_t)n;
}

static trec_err take(struct secret *s, ssize_t got, const char *from, const char *what,
		     trec_err err, struct failure *f)
{
	if (got < 0) {
		fail(f, TREC_E_IO, "cannot read the %s from %s: %m", what, from);
		secret_wipe(s);
		return f->err;
	}
	s->n = (size_t)got;
	if (s->n > 0 && s->text[s->n - 1] == '\n')
		s->n--;
	if (s->n > SECRET_MAX - 1 || memchr(s->text, 0, s->n)) {
		secret_wipe(s);
		return fail(f, err, "what %s holds is no %s: it is too long or binary", from, what);
	}
	s->text[s->n] = 0;
	if (s->n > 0)
		return TREC_OK;
	secret_wipe(s);
	return fail(f, err, "%s holds no %s", from, what);
}

trec_err secret_from_fd(struct secret *s, int fd, const char *what, trec_err err, struct failure *f)
{
	trec_err result = secret_room(s, f);

	return result != TREC_OK ? result
				 : take(s, read_some(fd, s->text, true), "standard input", what,
					err, f);
}

trec_err secret_from_file(struct secret *s, const char *path, const char *what, trec_err err,
			  struct failure *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	trec_err result;

	if (fd < 0) {
		fail(f, TREC_E_USAGE, "cannot open the %s file %s: %m", what, path);
		fail_hint(f, "name a file you can read");
		return f->err;
	}
	result = secret_room(s, f);
	if (result == TREC_OK)
		result = take(s, read_some(fd, s->text, false), path, what, err, f);
	close(fd);
	return result;
}

/* A line typed without echo. A signal meanwhile gets the terminal back as it was. */
static ssize_t read_unseen(int fd, const struct termios *old, char *out)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
	struct sigaction before[sizeof signals / sizeof signals[0]];
	struct sigaction note = { .sa_handler = on_interrupt };
	struct termios quiet = *old;
	ssize_t got;

	interrupted = 0;
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		(void)sigaction(signals[i], &note, &before[i]);
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	(void)tcsetattr(fd, TCSAFLUSH, &quiet);
	got = read_some(fd, out, true);
	(void)tcsetattr(fd, TCSAFLUSH, old);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
		(void)sigaction(signals[i], &before[i], NULL);
	(void)dprintf(fd, "\n");
	if (interrupted)
		(void)raise(interrupted);
	interrupted = 0;
	return got;
}

trec_err secret_from_prompt(struct secret *s, const char *prompt, const char *usage,
			    struct failure *f)
{
	struct termios old;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	trec_err err;

	if (fd < 0 || tcgetattr(fd, &old) < 0) {
		if (fd >= 0)
			close(fd);
		fail(f, TREC_E_USAGE, "there is no terminal to ask for the %s", prompt);
		fail_hint(f, "%s", usage);
		return f->err;
	}
	err = secret_room(s, f);
	if (err == TREC_OK) {
		(void)dprintf(fd, "%s: ", prompt);
		err = take(s, read_unseen(fd, &old, s->text), "the terminal", prompt, TREC_E_USAGE,
			   f);
	}
	close(fd);
	return err;
}

trec_err secret_from_options(struct secret *s, const struct args *a, const char *name,
			     const char *what, trec_err err, struct failure *f)
{
	char file_option[32];
	const char *value = args_value(a, name);
	const char *path;

	(void)snprintf(file_option, sizeof file_option, "%s-file", name);
	path = args_value(a, file_option);
	s->n = 0;
	if (value && path)
		return fail(f, TREC_E_USAGE, "%s and %s exclude each other", name, file_option);
	if (path && !strcmp(path, "-"))
		return secret_from_fd(s, STDIN_FILENO, what, err, f);
	if (path)
		return secret_from_file(s, path, what, err, f);
	if (!value)
		return TREC_OK;
	if (!strcmp(value, "-"))
		return secret_from_fd(s, STDIN_FILENO, what, err, f);
	if (strlen(value) >= SECRET_MAX)
		return fail(f, err, "the %s is too long", what);
	if (secret_room(s, f) != TREC_OK)
		return f->err;
	s->n = strlen(value);
	memcpy(s->text, value, s->n + 1);
	return TREC_OK;
}

const char *secret_hide_argv(struct args *a)
{
	const char *found = NULL;
	size_t used = 0;

	(void)mlock(hidden, sizeof hidden);
	for (size_t i = 0; i < a->given_count; i++) {
		char *value = a->given[i].value;
		size_t n;

		if (!a->given[i].spec->secret || !value || !strcmp(value, "-"))
			continue;
		n = strlen(value);
		if (used < HIDDEN_MAX) {
			/* A longer one is cut here and refused later: no secret is that long. */
			memcpy(hidden[used], value, n > SECRET_MAX ? SECRET_MAX : n);
			a->given[i].value = hidden[used++];
		}
		memset(value, '*', n);
		found = a->given[i].spec->name;
	}
	return found;
}
