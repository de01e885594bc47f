/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * There is no file of settings: what the command reads beside its words is files with secrets,
 * the environment, and the small languages of its options. The first byte of the input says
 * which (modulo 9), the rest is the text.
 *
 * Property: what is refused has a reason and leaves nothing; what a file gives is its bytes but
 * for one newline at the end, of stdin its first line; a date, written out, is the same moment; a
 * name of a service is the name in a right; an offer is its parts; a PIN is 6 to 12 digits; the
 * store's place is what the environment says, in the order of docs/CLI.md.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <trec/window.h>

#include "fuzz/fuzz.h"
#include "tools/trec/place.h"
#include "tools/trec/syntax.h"

#define TEXT_MAX 6000
#define SERVICE_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

static void refused(trec_err err, const struct failure *f)
{
	fuzz_must(err == TREC_OK || (f->err == err && f->message[0] != '\0'), "a reason is given");
}

/* A file in memory that holds the bytes; its name. */
static int as_file(const uint8_t *p, size_t n, char path[32])
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("fuzz", MFD_CLOEXEC);
	fuzz_must(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, p, n, 0) == (ssize_t)n &&
			  lseek(fd, 0, SEEK_SET) == 0,
		  "a file is made");
	(void)snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static void read_as(struct trec_bytes want, trec_err err, struct secret *s, size_t max)
{
	bool good = want.n > 0 && want.n < max && memchr(want.p, 0, want.n) == NULL;

	fuzz_must((err == TREC_OK) == good, "text of some bytes is a secret, nothing else");
	if (good)
		fuzz_must(s->n == want.n && memcmp(s->text, want.p, s->n) == 0 &&
				  s->text[s->n] == '\0',
			  "those bytes");
	secret_wipe(s);
}

static void secret_file(const uint8_t *p, size_t n, int how)
{
	struct secret s = { .n = 0 };
	struct failure f = { 0 };
	struct trec_bytes want = trec_bytes(p, n);
	const uint8_t *end = memchr(p, '\n', n);
	char path[32];
	int fd = as_file(p, n, path);
	trec_err err;

	if (how == 0) {
		if (end != NULL)
			want.n = (size_t)(end - p);
		err = secret_from_fd(&s, fd, "PIN", TREC_E_BAD_PIN, &f);
		fuzz_must(want.n >= SECRET_MAX ||
				  lseek(fd, 0, SEEK_CUR) == (off_t)want.n + (end != NULL),
			  "what follows the line is left unread");
	} else {
		if (n > 0 && p[n - 1] == '\n')
			want.n--;
		err = how == 1 ? secret_from_file(&s, path, "PIN", TREC_E_BAD_PIN, &f)
			       : place_passphrase(path, false, &s, &f);
		if (how == 2 && want.n > TREC_PASSPHRASE_MAX && want.n < SECRET_MAX) {
			fuzz_must(err == TREC_E_USAGE, "too long for a passphrase");
			secret_wipe(&s);
			return;
		}
	}
	refused(err, &f);
	read_as(want, err, &s, SECRET_MAX);
}

static void date(const char *text)
{
	char again[SYNTAX_TIME_LEN + 1];
	struct failure f = { 0 };
	int64_t t = 7, back = 7;
	trec_err err = syntax_date(text, &t, &f);

	refused(err, &f);
	if (err != TREC_OK) {
		fuzz_must(t == 0, "no date, no moment");
		return;
	}
	fuzz_must(t > 0, "a moment after 1970");
	if (!syntax_format_time(t, again)) /* the day behind the year 9999 */
		return;
	fuzz_must(syntax_date(again, &back, &f) == TREC_OK && back == t, "the same moment");
	fuzz_must(strlen(text) == 10 || strcmp(text, again) == 0, "in the same words");
}

static void service(const char *text)
{
	char right[2 * TREC_SERVICE_MAX];
	struct failure f = { 0 }, g = { 0 };
	trec_err err = syntax_service(text, &f);
	size_t n = strspn(text, SERVICE_CHARS);

	refused(err, &f);
	fuzz_must((err == TREC_OK) == (n > 0 && n <= TREC_SERVICE_MAX && text[n] == '\0' &&
				       strchr("._-", text[0]) == NULL),
		  "a name is 1 to 32 of its characters");
	if (strlen(text) > TREC_SERVICE_MAX)
		return;
	(void)snprintf(right, sizeof right, "service:%s", text);
	trec_err err_right = syntax_right(right, &g);

	refused(err_right, &g);
	fuzz_must((err_right == TREC_OK) == (err == TREC_OK || strcmp(text, "*") == 0),
		  "rights name services, or all of them");
}

static void offer(const char *text)
{
	struct syntax_offer o;
	struct failure f = { 0 }, g = { 0 };
	trec_err err = syntax_offer(text, &o, &f);
	size_t n = strlen(o.name);

	refused(err, &f);
	if (err != TREC_OK)
		return;
	fuzz_must(syntax_service(o.name, &g) == TREC_OK, "its name is one");
	fuzz_must(memcmp(text, o.name, n) == 0 && text[n] == '=', "the one in the text");
	fuzz_must((o.command != NULL) == (o.tcp[0] == '\0'), "a command or an address");
	if (o.command != NULL)
		fuzz_must(o.command == text + n + 1 && *o.command != '\0', "its command");
	else
		fuzz_must(strncmp(o.tcp, "tcp://", 6) == 0 &&
				  strcmp(o.tcp + 6, text + n + 1 + 4) == 0 &&
				  syntax_uri(o.tcp, &g) == TREC_OK,
			  "all of the address, and it is one");
}

static void pin_and_code(const char *text)
{
	struct failure f = { 0 };
	size_t n = strspn(text, "0123456789");
	trec_err err = syntax_pin(text, &f);

	refused(err, &f);
	fuzz_must((err == TREC_OK) == (n >= 6 && n <= 12 && text[n] == '\0'), "6 to 12 digits");
	f = (struct failure){ 0 };
	err = syntax_code(text, &f);
	refused(err, &f);
}

static void addresses(const char *text)
{
	struct failure f = { 0 }, g = { 0 };
	trec_err err = syntax_uri(text, &f), listen = syntax_listen_uri(text, &g);

	refused(err, &f);
	refused(listen, &g);
	fuzz_must(err != TREC_OK || listen == TREC_OK, "what can be dialled can be listened on");
}

static void set(const char *name, const char *value)
{
	if (*value == '\0' ? unsetenv(name) : setenv(name, value, 1))
		abort();
}

/* TREC_STORE, XDG_DATA_HOME, HOME and --store, each ended by a newline. */
static void place(char *text)
{
	static const char *const names[] = { "TREC_STORE", "XDG_DATA_HOME", "HOME" };
	char out[PLACE_PATH_MAX], want[TEXT_MAX + 32];
	const char *value[4] = { "", "", "", "" };
	struct failure f = { 0 };

	for (size_t i = 0; i < 4; i++) {
		char *end = strchr(text, '\n');

		value[i] = text;
		if (end == NULL)
			break;
		*end = '\0';
		text = end + 1;
	}
	for (size_t i = 0; i < 3; i++)
		set(names[i], value[i]);
	trec_err err = place_find(*value[3] != '\0' ? value[3] : NULL, out, &f);

	if (*value[3] != '\0' || *value[0] != '\0')
		strcpy(want, *value[3] != '\0' ? value[3] : value[0]);
	else if (geteuid() == 0)
		strcpy(want, "/var/lib/trec");
	else if (*value[1] == '/')
		(void)snprintf(want, sizeof want, "%s/trec", value[1]);
	else if (*value[2] == '/')
		(void)snprintf(want, sizeof want, "%s/.local/share/trec", value[2]);
	else
		want[0] = '\0';
	bool fits = want[0] != '\0' && strlen(want) < PLACE_PATH_MAX;

	refused(err, &f);
	fuzz_must((err == TREC_OK) == fits && (!fits || strcmp(out, want) == 0), "the place");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char text[TEXT_MAX + 1];

	if (n == 0 || n > TEXT_MAX)
		return 0;
	memcpy(text, data + 1, n - 1);
	text[n - 1] = '\0';
	switch (data[0] % 9) {
	case 0:
	case 1:
	case 2:
		secret_file(data + 1, n - 1, data[0] % 9);
		break;
	case 3:
		date(text);
		break;
	case 4:
		service(text);
		break;
	case 5:
		offer(text);
		break;
	case 6:
		pin_and_code(text);
		break;
	case 7:
		addresses(text);
		break;
	default:
		place(text);
	}
	return 0;
}
