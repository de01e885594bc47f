/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: what a device serves: a command per session, or a connection to a local TCP
 * port, joined with the session's stream.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/trec/device_priv.h"
#include "tools/trec/syntax.h"

extern char **environ;

/* A child outlives its run by as long as it takes to end. */
struct child {
	uv_process_t process;
	struct child *next;
	struct device *d;
	struct device_run *r; /* NULL: the run is over */
};

trec_err device_service(struct device *d, const char *spec, struct failure *f)
{
	struct syntax_offer offer;
	trec_err err = syntax_offer(spec, &offer, f);

	if (err != TREC_OK)
		return err;
	if (d->service_count == DEVICE_SERVICES_MAX)
		return fail(f, TREC_E_USAGE, "--service: at most %d", DEVICE_SERVICES_MAX);
	for (size_t i = 0; i < d->service_count; i++)
		if (strcmp(d->services[i].name, offer.name) == 0)
			return fail(f, TREC_E_USAGE, "--service: '%s' is given twice", offer.name);
	struct service *s = &d->services[d->service_count];

	memset(s, 0, sizeof(*s));
	memcpy(s->name, offer.name, sizeof(s->name));
	if (offer.command != NULL)
		s->command = strdup(offer.command);
	else
		s->tcp = strdup(offer.tcp);
	if (s->command == NULL && s->tcp == NULL)
		return fail_plain(f, TREC_E_NO_MEMORY);
	d->service_count++;
	return TREC_OK;
}

static const struct service *find(const struct device *d, const char *name)
{
	for (size_t i = 0; i < d->service_count; i++)
		if (strcmp(d->services[i].name, name) == 0)
			return &d->services[i];
	return strcmp(name, "default") == 0 && d->service_count == 1 ? &d->services[0] : NULL;
}

static void refuse(struct device_run *r, enum trec_service_reason reason)
{
	if (trec_session_refuse(r->session, reason) != TREC_OK)
		run_close(r);
}

/* Both ways are over: the session has done what it was for. */
static void stream_done(struct device_run *r)
{
	trec_session_close(r->session);
}

/* ---- commands ---------------------------------------------------------------------------- */

static void child_closed(uv_handle_t *h)
{
	struct child *c = h->data;
	struct device *d = c->d;

	free(c);
	d->services_running--;
	d->handles--;
	device_stop_step(d);
}

static void child_exited(uv_process_t *p, int64_t status, int sig)
{
	struct child *c = p->data;
	struct device_run *r = c->r;
	struct child **at = &c->d->children;

	(void)status;
	(void)sig;
	while (*at != c)
		at = &(*at)->next;
	*at = c->next; /* its number may belong to another process from now on */
	if (r != NULL) {
		r->child = NULL;
		if (r->relay != NULL)
			relay_reader_gone(r->relay);
		run_pump(r);
	}
	/* What it wrote is still in the pipe; the relay sees its end. */
	uv_close((uv_handle_t *)p, child_closed);
}

static void dialling_end(struct device_run *r);

void service_end(struct device_run *r)
{
	struct child *c = r->child;

	dialling_end(r);
	if (c == NULL)
		return;
	c->r = NULL;
	r->child = NULL;
	(void)kill(-c->process.pid, SIGTERM); /* its process group: what it started ends too */
}

void service_kill_all(struct device *d)
{
	for (const struct child *c = d->children; c != NULL; c = c->next)
		(void)kill(-c->process.pid, SIGKILL);
}

/* NAME=VALUE in fresh memory. */
static char *variable(const char *name, const char *value)
{
	size_t n = strlen(name) + strlen(value) + 2;
	char *out = malloc(n);

	if (out != NULL)
		(void)snprintf(out, n, "%s=%s", name, value);
	return out;
}

/* Variables that are the daemon's own business. */
static bool kept_from_children(const char *v)
{
	static const char *const names[] = { "TREC_",
					     "CREDENTIALS_DIRECTORY=", "NOTIFY_SOCKET=", "LISTEN_",
					     "WATCHDOG_" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(v, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

#define OWN_VARIABLES 3

static char **child_environment(const struct trec_peer *p, char *own[OWN_VARIABLES])
{
	char id[TREC_ID_TEXT_LEN + 1];
	size_t n = 0;
	size_t at = 0;

	while (environ[n] != NULL)
		n++;
	char **out = calloc(n + OWN_VARIABLES + 1, sizeof(*out));

	trec_id_to_text(&p->id, id);
	own[0] = variable("TREC_PEER_ID", id);
	own[1] = variable("TREC_PEER_NAME", p->name);
	own[2] = variable("TREC_PEER_ORIGIN", trec_origin_name(p->origin));
	if (out == NULL || own[0] == NULL || own[1] == NULL || own[2] == NULL) {
		free(out);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		if (!kept_from_children(environ[i]))
			out[at++] = environ[i];
	for (size_t i = 0; i < OWN_VARIABLES; i++)
		out[at++] = own[i];
	return out;
}

static int spawn(struct device_run *r, const struct service *s, int in_fd, int out_fd)
{
	struct child *c = calloc(1, sizeof(*c));
	char *own[OWN_VARIABLES] = { NULL };
	char **env = child_environment(trec_session_peer(r->session), own);
	char *argv[] = { "sh", "-c", s->command, NULL };
	uv_stdio_container_t stdio[3] = {
		{ .flags = UV_INHERIT_FD, .data.fd = in_fd },
		{ .flags = UV_INHERIT_FD, .data.fd = out_fd },
		{ .flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO },
	};
	uv_process_options_t o = { .exit_cb = child_exited,
				   .file = "/bin/sh",
				   .args = argv,
				   .env = env,
				   .flags = UV_PROCESS_DETACHED,
				   .stdio_count = 3,
				   .stdio = stdio };
	int ret = c != NULL && env != NULL ? 0 : UV_ENOMEM;

	if (ret == 0) {
		c->d = r->d;
		c->process.data = c;
		r->d->handles++;
		r->d->services_running++;
		ret = uv_spawn(r->d->o.loop, &c->process, &o);
		if (ret != 0)
			uv_close((uv_handle_t *)&c->process, child_closed);
	} else {
		free(c);
	}
	if (ret == 0) {
		c->r = r;
		r->child = c;
		c->next = r->d->children;
		r->d->children = c;
	}
	free(env);
	for (size_t i = 0; i < OWN_VARIABLES; i++)
		free(own[i]);
	return ret;
}

static void close_pair(int p[2])
{
	if (p[0] >= 0)
		close(p[0]);
	if (p[1] >= 0)
		close(p[1]);
}

static bool start_command(struct device_run *r, const struct service *s)
{
	int to[2] = { -1, -1 };
	int from[2] = { -1, -1 };
	bool ok = pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0;

	ok = ok && spawn(r, s, to[0], from[1]) == 0;
	if (ok) {
		(void)fcntl(to[1], F_SETFL, O_NONBLOCK);
		(void)fcntl(from[0], F_SETFL, O_NONBLOCK);
		ok = relay_new(r, from[0], to[1], stream_done, &r->relay) == TREC_OK;
	}
	close_pair(to);
	close_pair(from);
	return ok;
}

/* ---- local TCP ports --------------------------------------------------------------------- */

/* Until the port answered. Outlives its run if that ends first; the run points to it. */
struct dialling {
	struct device *d;
	uv_tcp_t tcp;
	uv_connect_t connect;
	uv_getaddrinfo_t look_up;
	bool connecting; /* else its name is looked up, which cannot be broken off */
	bool over;       /* it answered, or did not, while its run was at work */
	bool connected;
};

static void dialling_closed(uv_handle_t *h)
{
	struct dialling *g = h->data;
	struct device *d = g->d;

	free(g);
	d->services_running--;
	d->handles--;
	device_stop_step(d);
}

static struct device_run *waiting_run(const struct dialling *g)
{
	for (struct device_run *r = g->d->runs; r != NULL; r = r->next)
		if (r->dialling == g && !r->ended)
			return r;
	return NULL;
}

void service_dialled(struct device_run *r)
{
	struct dialling *g = r->dialling;
	uv_os_fd_t fd = -1;

	if (g == NULL || !g->over)
		return;
	r->dialling = NULL;
	bool ok = g->connected && uv_fileno((uv_handle_t *)&g->tcp, &fd) == 0 &&
		  relay_new(r, fd, fd, stream_done, &r->relay) == TREC_OK;

	uv_close((uv_handle_t *)&g->tcp, dialling_closed);
	if (!ok)
		refuse(r, TREC_SERVICE_BROKEN);
	else if (trec_session_accept(r->session) != TREC_OK)
		run_close(r);
}

static void dialling_over(struct dialling *g, bool connected)
{
	struct device_run *r = waiting_run(g);

	g->over = true;
	g->connected = connected;
	if (r != NULL)
		run_pump(r); /* it looks here, at once or when its work is done */
	else if (!uv_is_closing((uv_handle_t *)&g->tcp))
		uv_close((uv_handle_t *)&g->tcp, dialling_closed);
}

/* Its run is over: nobody waits for the port any more. */
static void dialling_end(struct device_run *r)
{
	struct dialling *g = r->dialling;

	r->dialling = NULL;
	if (g != NULL && (g->over || g->connecting) && !uv_is_closing((uv_handle_t *)&g->tcp))
		uv_close((uv_handle_t *)&g->tcp, dialling_closed);
}

static void on_connect(uv_connect_t *c, int status)
{
	dialling_over(c->data, status == 0);
}

static void on_looked_up(uv_getaddrinfo_t *l, int status, struct addrinfo *list)
{
	struct dialling *g = l->data;

	/* Without a run nobody waits for it any more. */
	g->connecting = status == 0 && waiting_run(g) != NULL &&
			uv_tcp_connect(&g->connect, &g->tcp, list->ai_addr, on_connect) == 0;
	if (!g->connecting)
		dialling_over(g, false);
	uv_freeaddrinfo(list);
}

/* Host and port of "tcp://HOST:PORT", the brackets of an IPv6 address taken off. */
static void split(const char *uri, char host[URI_ROOM], char port[URI_ROOM])
{
	const char *at = uri + strlen("tcp://");
	const char *colon = strrchr(at, ':');
	size_t n = colon != NULL ? (size_t)(colon - at) : strlen(at);

	if (n >= 2 && at[0] == '[' && at[n - 1] == ']') {
		at++;
		n -= 2;
	}
	(void)snprintf(host, URI_ROOM, "%.*s", (int)n, at);
	(void)snprintf(port, URI_ROOM, "%s", colon != NULL ? colon + 1 : "7443");
}

static bool start_tcp(struct device_run *r, const struct service *s)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct dialling *g = calloc(1, sizeof(*g));
	char host[URI_ROOM];
	char port[URI_ROOM];

	if (g == NULL)
		return false;
	split(s->tcp, host, port);
	g->d = r->d;
	uv_tcp_init(r->d->o.loop, &g->tcp);
	g->tcp.data = g;
	g->connect.data = g;
	g->look_up.data = g;
	r->d->handles++;
	r->d->services_running++;
	if (uv_getaddrinfo(r->d->o.loop, &g->look_up, on_looked_up, host, port, &hints) != 0) {
		uv_close((uv_handle_t *)&g->tcp, dialling_closed);
		return false;
	}
	r->dialling = g;
	return true;
}

/* ------------------------------------------------------------------------------------------ */

void service_start(struct device_run *r, const char *name)
{
	const struct service *s = find(r->d, name);
	int64_t now = 0;
	bool trusted = false;

	if (s == NULL) {
		refuse(r, TREC_SERVICE_UNKNOWN);
		return;
	}
	now = r->d->o.env->wall_s(r->d->o.env->ctx, &trusted);
	/* "default" may stand for a service the peer has no right to by its own name. */
	if (!trec_peer_may_use(trec_session_peer(r->session), s->name, trusted ? now : 0)) {
		refuse(r, TREC_SERVICE_NO_RIGHT);
		return;
	}
	if (r->d->services_running >= RUN_SERVICES_MAX) {
		refuse(r, TREC_SERVICE_BUSY);
		return;
	}
	if (s->tcp != NULL) {
		if (!start_tcp(r, s))
			refuse(r, TREC_SERVICE_BROKEN);
	} else if (!start_command(r, s)) {
		refuse(r, TREC_SERVICE_BROKEN);
	} else if (trec_session_accept(r->session) != TREC_OK) {
		run_close(r);
	}
}
