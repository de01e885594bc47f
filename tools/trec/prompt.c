/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A question at the terminal, wherever stdin and stdout lead; see cli.h. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "tools/trec/cli.h"

int prompt_consent(const char *name, const char *id, const char *digits, unsigned seconds)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char line[64] = "";
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	(void)dprintf(
		fd,
		"A device that calls itself %s wants to be trusted.\n  its id    %s\n"
		"  digits    %s  (the other device shows the same, or somebody is in between)\n"
		"Trust it? [y/N] (%u s) ",
		name, id, digits, seconds);
	(void)tcflush(fd, TCIFLUSH); /* what was typed before the question is no answer to it */
	if (poll(&p, 1, (int)seconds * 1000) == 1)
		n = read(fd, line, sizeof line - 1);
	close(fd);
	return n > 0 && (line[0] == 'y' || line[0] == 'Y');
}

int prompt_yes(const char *question)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	char line[64] = "";
	ssize_t n;

	if (fd < 0)
		return -1;
	(void)dprintf(fd, "%s", question);
	(void)tcflush(fd, TCIFLUSH); /* what was typed before the question is no answer to it */
	n = read(fd, line, sizeof line - 1);
	close(fd);
	return n > 0 && (line[0] == 'y' || line[0] == 'Y');
}

void note_digits(struct out *out, const char *digits)
{
	char line[96];

	(void)snprintf(line, sizeof line, "digits %s: the other device shows the same", digits);
	out_note(out, TREC_LEVEL_WARNING, line);
}
