/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See bus_rig.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include "tests/lib/bus_rig.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define REST_MS 20
#define NAME_TRIES 100

static pid_t daemon_pid;
static char dir[] = "/tmp/trec-bus-XXXXXX";
static char config[sizeof(dir) + 16];

static const char text[] =
	"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
	" \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
	"<busconfig><type>session</type><listen>unix:dir=%s</listen><auth>EXTERNAL</auth>\n"
	"<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\n"
	"<allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n";

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	abort();
}

static void write_config(void)
{
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	must(mkdtemp(dir) != NULL, "mkdtemp");
	(void)snprintf(config, sizeof(config), "%s/config", dir);
	FILE *f = fopen(config, "we");

	must(f != NULL, config);
	(void)fprintf(f, text, dir);
	must(fclose(f) == 0, config);
}

/* In the child: dies with the test, says its address on out. */
static void become_daemon(int out)
{
	char option[sizeof(config) + 16], address[32];

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)fcntl(out, F_SETFD, 0);
	(void)snprintf(option, sizeof(option), "--config-file=%s", config);
	(void)snprintf(address, sizeof(address), "--print-address=%d", out);
	execlp("dbus-daemon", "dbus-daemon", option, address, "--nofork", "--nopidfile",
	       (char *)NULL);
	_exit(127);
}

bool bus_rig_start(void)
{
	char address[256];
	int fds[2];
	size_t n = 0;
	ssize_t got;

	write_config();
	must(pipe2(fds, O_CLOEXEC) == 0, "pipe2");
	daemon_pid = fork();
	must(daemon_pid >= 0, "fork");
	if (daemon_pid == 0)
		become_daemon(fds[1]);
	close(fds[1]);
	while (n < sizeof(address) - 1 && (got = read(fds[0], address + n, 1)) == 1 &&
	       address[n] != '\n')
		n++;
	close(fds[0]);
	address[n] = '\0';
	if (n == 0) {
		bus_rig_stop();
		return false;
	}
	must(setenv("DBUS_SYSTEM_BUS_ADDRESS", address, 1) == 0, "setenv");
	return true;
}

void bus_rig_stop(void)
{
	if (daemon_pid <= 0)
		return;
	(void)kill(daemon_pid, SIGKILL);
	(void)waitpid(daemon_pid, NULL, 0);
	daemon_pid = 0;
	(void)unlink(config);
	/* What dbus-daemon left of its socket. */
	const char *address = getenv("DBUS_SYSTEM_BUS_ADDRESS");
	const char *path = address != NULL ? strstr(address, "path=") : NULL;
	char socket_path[256];

	if (path != NULL && strncmp(path + 5, dir, strlen(dir)) == 0) {
		(void)snprintf(socket_path, sizeof(socket_path), "%.*s",
			       (int)strcspn(path + 5, ","), path + 5);
		(void)unlink(socket_path);
	}
	(void)rmdir(dir);
}

sd_bus *bus_rig_connect(const char *name)
{
	sd_bus *bus = NULL;

	must(sd_bus_open_system(&bus) >= 0, "sd_bus_open_system");
	/* The bus may not have noticed yet that the last one to have the name is gone. */
	for (int i = 0; name != NULL && sd_bus_request_name(bus, name, 0) < 0; i++) {
		must(i < NAME_TRIES, name);
		(void)poll(NULL, 0, REST_MS);
	}
	return bus;
}

void bus_rig_turn(sd_bus *bus)
{
	while (sd_bus_process(bus, NULL) > 0)
		continue;
}

bool bus_rig_rest(sd_bus *bus, const struct trec_poll *want)
{
	struct pollfd fds[2] = { { .fd = sd_bus_get_fd(bus), .events = POLLIN },
				 { .fd = want->fd } };

	if (want->readable)
		fds[1].events |= POLLIN;
	if (want->writable)
		fds[1].events |= POLLOUT;
	return poll(fds, 2, REST_MS) > 0;
}
