/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Connections inside one process, by name: for embedders that join two devices in one program,
 * and for tests. Bounded buffers, one eventfd per end that is readable while there is something
 * to do. The names and the joints between two ends are the only state the process shares, under
 * one lock; the two ends may belong to different threads.
 */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/tp.h"

#define MEM_BUFFER 65536 /* bytes on their way to one end */
#define MEM_BACKLOG 128

struct mem_link {
	struct trec_link link;
	struct mem_link *other; /* NULL when it was freed */
	struct mem_link *queued; /* next in a listener's queue */
	int event;
	bool raised;     /* event is readable */
	bool want_write; /* as of the last poll */
	bool eof;        /* the other end sends no more */
	bool reset;      /* the other end was aborted */
	size_t at, n;    /* ring of bytes for this end */
	uint8_t buf[MEM_BUFFER];
};

struct mem_listener {
	struct trec_listener listener;
	struct mem_listener *next;
	struct mem_link *first, *last; /* not accepted yet */
	size_t waiting;
	int event;
	bool raised;
	char name[TREC_URI_MAX + 1];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct mem_listener *listeners;

static trec_err mem_usable(void)
{
	return TREC_OK;
}

static void signal_if(int event, bool *raised, bool ready)
{
	uint64_t v = 1;
	ssize_t n;

	if (ready == *raised)
		return;
	/* The counter is 0 or 1: neither call can block or fail. NOLINTBEGIN(*BlockInCritical*) */
	if (ready)
		n = write(event, &v, sizeof(v));
	else
		n = read(event, &v, sizeof(v));
	/* NOLINTEND(*BlockInCritical*) */
	if (n == sizeof(v))
		*raised = ready;
}

static void update(struct mem_link *m)
{
	bool can_read = m->n > 0 || m->reset || (m->eof && !m->link.ended);
	bool can_write = m->want_write && !m->link.shut &&
			 (m->other == NULL || m->other->n < MEM_BUFFER);

	signal_if(m->event, &m->raised, can_read || can_write);
}

static trec_err mem_send(struct trec_link *l, const uint8_t *p, size_t n, size_t *moved)
{
	struct mem_link *m = (struct mem_link *)l;
	trec_err err = TREC_OK;

	pthread_mutex_lock(&lock);
	struct mem_link *to = m->other;

	if (m->reset || to == NULL) {
		err = TREC_E_LOST;
	} else if (to->n == MEM_BUFFER) {
		err = TREC_E_AGAIN;
	} else {
		size_t end = (to->at + to->n) % MEM_BUFFER;
		size_t room = MEM_BUFFER - to->n;
		size_t run = MEM_BUFFER - end;

		n = n < room ? n : room;
		n = n < run ? n : run;
		memcpy(to->buf + end, p, n);
		to->n += n;
		*moved = n;
		update(to);
	}
	update(m);
	pthread_mutex_unlock(&lock);
	return err;
}

static trec_err mem_recv(struct trec_link *l, uint8_t *out, size_t cap, size_t *n)
{
	struct mem_link *m = (struct mem_link *)l;
	trec_err err = TREC_OK;

	pthread_mutex_lock(&lock);
	if (m->reset) {
		err = TREC_E_LOST;
	} else if (m->n == 0) {
		err = m->eof ? TREC_OK : TREC_E_AGAIN;
	} else {
		size_t run = MEM_BUFFER - m->at;
		size_t take = m->n < run ? m->n : run;

		take = take < cap ? take : cap;
		memcpy(out, m->buf + m->at, take);
		trec_wipe(m->buf + m->at, take);
		m->at = (m->at + take) % MEM_BUFFER;
		m->n -= take;
		*n = take;
		if (m->other != NULL)
			update(m->other);
	}
	update(m);
	pthread_mutex_unlock(&lock);
	return err;
}

static trec_err mem_shutdown(struct trec_link *l)
{
	struct mem_link *m = (struct mem_link *)l;

	pthread_mutex_lock(&lock);
	if (m->other != NULL) {
		m->other->eof = true;
		update(m->other);
	}
	pthread_mutex_unlock(&lock);
	return TREC_OK;
}

static void mem_poll(struct trec_link *l, bool want_write, struct trec_poll *out)
{
	struct mem_link *m = (struct mem_link *)l;

	pthread_mutex_lock(&lock);
	m->want_write = want_write;
	update(m);
	pthread_mutex_unlock(&lock);
	out->fd = m->event;
	out->readable = !l->ended || want_write;
}

/* Under the lock. */
static void unjoin(struct mem_link *m, bool abrupt)
{
	struct mem_link *o = m->other;

	if (o == NULL)
		return;
	o->other = NULL;
	o->eof = true;
	o->reset = abrupt;
	update(o);
	m->other = NULL;
}

static void mem_free(struct trec_link *l, bool abrupt)
{
	struct mem_link *m = (struct mem_link *)l;

	pthread_mutex_lock(&lock);
	unjoin(m, abrupt);
	pthread_mutex_unlock(&lock);
	if (m->event >= 0)
		close(m->event);
	base_free(l->env, m, sizeof(*m));
}

static const struct trec_link_ops mem_ops = {
	.name = "mem",
	.mtu = MEM_BUFFER,
	.send = mem_send,
	.recv = mem_recv,
	.shutdown = mem_shutdown,
	.poll = mem_poll,
	.free = mem_free,
};

static trec_err new_end(const struct trec_env *env, const char *peer, struct mem_link **out)
{
	struct mem_link *m = base_alloc(env, sizeof(*m));

	if (m == NULL)
		return TREC_E_NO_MEMORY;
	tp_link_init(&m->link, &mem_ops, env);
	tp_text(m->link.peer, peer);
	m->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (m->event < 0) {
		base_free(env, m, sizeof(*m));
		return TREC_E_IO;
	}
	*out = m;
	return TREC_OK;
}

static struct mem_listener *find(const char *name)
{
	struct mem_listener *l = listeners;

	while (l != NULL && strcmp(l->name, name) != 0)
		l = l->next;
	return l;
}

/* Makes both ends and queues the far one. Under the lock. */
static trec_err join(const struct trec_env *env, struct mem_listener *ml, struct trec_link **out)
{
	struct mem_link *near = NULL, *far = NULL;

	if (ml == NULL || ml->waiting == MEM_BACKLOG)
		return TREC_E_UNREACHABLE;
	trec_err err = new_end(env, ml->listener.uri, &near);

	if (err == TREC_OK)
		err = new_end(ml->listener.env, ml->listener.uri, &far);
	if (err != TREC_OK) {
		if (near != NULL) {
			close(near->event);
			base_free(env, near, sizeof(*near));
		}
		return err;
	}
	near->other = far;
	far->other = near;
	if (ml->last == NULL)
		ml->first = far;
	else
		ml->last->queued = far;
	ml->last = far;
	ml->waiting++;
	signal_if(ml->event, &ml->raised, true);
	*out = &near->link;
	return TREC_OK;
}

static trec_err mem_connect(const struct trec_env *env, const struct tp_uri *uris, size_t n,
			    struct trec_link **out)
{
	trec_err err = TREC_E_UNREACHABLE;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < n && err == TREC_E_UNREACHABLE; i++)
		err = join(env, find(uris[i].path), out);
	pthread_mutex_unlock(&lock);
	return err;
}

static trec_err mem_accept(struct trec_listener *l, struct trec_link **out)
{
	struct mem_listener *ml = (struct mem_listener *)l;

	pthread_mutex_lock(&lock);
	struct mem_link *m = ml->first;

	if (m != NULL) {
		ml->first = m->queued;
		if (ml->first == NULL)
			ml->last = NULL;
		m->queued = NULL;
		ml->waiting--;
		*out = &m->link;
	}
	signal_if(ml->event, &ml->raised, ml->first != NULL);
	pthread_mutex_unlock(&lock);
	return m != NULL ? TREC_OK : TREC_E_AGAIN;
}

static void mem_listener_poll(struct trec_listener *l, struct trec_poll *out)
{
	out->fd = ((struct mem_listener *)l)->event;
	out->readable = true;
}

static void mem_listener_free(struct trec_listener *l)
{
	struct mem_listener *ml = (struct mem_listener *)l;

	pthread_mutex_lock(&lock);
	for (struct mem_listener **at = &listeners; *at != NULL; at = &(*at)->next) {
		if (*at == ml) {
			*at = ml->next;
			break;
		}
	}
	pthread_mutex_unlock(&lock);
	while (ml->first != NULL) {
		struct mem_link *m = ml->first;

		ml->first = m->queued;
		mem_free(&m->link, true);
	}
	close(ml->event);
	base_free(l->env, ml, sizeof(*ml));
}

static const struct trec_listener_ops mem_listener_ops = {
	.accept = mem_accept,
	.poll = mem_listener_poll,
	.free = mem_listener_free,
};

static trec_err mem_listen(const struct trec_env *env, const struct tp_uri *u,
			   struct trec_listener **out)
{
	struct mem_listener *ml = base_alloc(env, sizeof(*ml));
	trec_err err = TREC_OK;

	if (ml == NULL)
		return TREC_E_NO_MEMORY;
	ml->listener.ops = &mem_listener_ops;
	ml->listener.env = env;
	tp_uri_print_name(u, ml->listener.uri);
	tp_text(ml->name, u->path);
	ml->event = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ml->event < 0) {
		base_free(env, ml, sizeof(*ml));
		return TREC_E_IO;
	}
	pthread_mutex_lock(&lock);
	if (find(ml->name) != NULL) {
		err = TREC_E_EXISTS;
	} else {
		ml->next = listeners;
		listeners = ml;
	}
	pthread_mutex_unlock(&lock);
	if (err == TREC_OK) {
		*out = &ml->listener;
		return TREC_OK;
	}
	close(ml->event);
	base_free(env, ml, sizeof(*ml));
	return err;
}

const struct tp_kind tp_mem = {
	.name = "mem",
	.prefix = "mem:",
	.parse = tp_uri_parse_name,
	.print = tp_uri_print_name,
	.usable = mem_usable,
	.connect = mem_connect,
	.listen = mem_listen,
};
