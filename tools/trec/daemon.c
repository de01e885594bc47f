/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `trec serve`: a device that listens, with its control socket and its events; see daemon.h. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/trec/cli.h"
#include "tools/trec/daemon.h"

#define HOOKS_MAX 8 /* commands for events at a time; more events than that are not handed on */

/* ---- events ------------------------------------------------------------------------------ */

static void set(json_t *object, const char *key, const char *value)
{
	if (value && *value)
		(void)json_object_set_new(object, key, json_string(value));
}

json_t *event_json(const struct device_event *e)
{
	json_t *object = json_pack("{s:s}", "event", e->event);

	set(object, "peer", e->peer);
	set(object, "id", e->id);
	set(object, "previous", e->previous);
	set(object, "name", e->name);
	set(object, "origin", e->origin);
	set(object, "service", e->service);
	set(object, "reason", e->reason);
	set(object, "detail", e->detail);
	set(object, "uri", e->uri);
	set(object, "introduced_by", e->introduced_by);
	set(object, "subject", e->subject);
	set(object, "effect", e->effect);
	set(object, "asks", e->asks);
	set(object, "digits", e->digits);
	if (e->subject_count)
		(void)json_object_set_new(object, "subjects",
					  subjects_json(e->subjects, e->subject_count));
	if (e->number)
		(void)json_object_set_new(object, "number", json_integer(e->number));
	if (e->seconds)
		(void)json_object_set_new(object, "expires_in", json_integer(e->seconds));
	(void)json_object_set_new(object, "time", time_json((int64_t)time(NULL)));
	return object;
}

struct hook {
	uv_process_t process;
	struct daemon *d;
};

static void hook_closed(uv_handle_t *h)
{
	struct hook *k = h->data;

	k->d->hooks--;
	free(k);
}

static void hook_exited(uv_process_t *p, int64_t status, int sig)
{
	(void)status;
	(void)sig;
	uv_close((uv_handle_t *)p, hook_closed);
}

static char *variable(const char *name, const char *value)
{
	size_t n = strlen(name) + strlen(value) + 2;
	char *out = malloc(n);

	if (out)
		(void)snprintf(out, n, "%s=%s", name, value);
	return out;
}

static void spawn_hook(struct daemon *d, char *event, char *text)
{
	char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *env[] = { path, event, text, NULL };
	char *argv[] = { "sh", "-c", (char *)d->on_event, NULL };
	uv_stdio_container_t stdio[3] = { { .flags = UV_IGNORE },
					  { .flags = UV_IGNORE },
					  { .flags = UV_INHERIT_FD, .data.fd = 2 } };
	uv_process_options_t o = { .exit_cb = hook_exited,
				   .file = "/bin/sh",
				   .args = argv,
				   .env = env,
				   .stdio_count = 3,
				   .stdio = stdio };
	struct hook *k = calloc(1, sizeof *k);

	if (!k)
		return;
	k->d = d;
	k->process.data = k;
	d->hooks++;
	if (uv_spawn(d->loop, &k->process, &o) != 0)
		uv_close((uv_handle_t *)&k->process, hook_closed);
}

static void run_hook(struct daemon *d, const json_t *object)
{
	char *json = json_dumps(object, JSON_COMPACT);
	char *event = variable("TREC_EVENT", json_string_value(json_object_get(object, "event")));
	char *text = json ? variable("TREC_EVENT_JSON", json) : NULL;

	if (d->hooks >= HOOKS_MAX)
		out_note(d->out, TREC_LEVEL_WARNING, "--on-event: too many commands are running");
	else if (event && text)
		spawn_hook(d, event, text);
	free(event);
	free(text);
	free(json);
}

void daemon_show(struct daemon *d, const char *kind, json_t *object)
{
	out_result(d->out, kind, object);
	json_decref(object);
}

void daemon_tell(struct daemon *d, json_t *event, const struct device_run *run)
{
	struct op *next;

	(void)json_array_append(d->events, event);
	if (json_array_size(d->events) > DAEMON_EVENTS_KEPT)
		(void)json_array_remove(d->events, 0);
	for (struct op *op = d->watchers; op; op = next) {
		next = op->next_watcher;
		if (op->row->start == op_watch)
			op_result(op, "event", json_incref(event));
		else if (run && op->run == run) /* the command's own pairing: its user may answer */
			op_result(op, "ask", json_incref(event));
	}
	if (d->on_event)
		run_hook(d, event);
	daemon_show(d, "event", event);
}

void daemon_watch(struct op *op)
{
	op->next_watcher = op->daemon->watchers;
	op->daemon->watchers = op;
}

void daemon_unwatch(struct op *op)
{
	struct op **at = &op->daemon->watchers;

	while (*at && *at != op)
		at = &(*at)->next_watcher;
	if (*at)
		*at = op->next_watcher;
}

static void on_event(void *ctx, const struct device_event *e)
{
	daemon_tell(ctx, event_json(e), e->run);
}

/* ---- life -------------------------------------------------------------------------------- */

struct serving {
	struct daemon d;
	uv_loop_t loop;
	uv_signal_t term, interrupt;
	bool window_failed;
	struct failure f;
};

static void close_all(uv_handle_t *h, void *ctx)
{
	(void)ctx;
	if (!uv_is_closing(h))
		uv_close(h, h->type == UV_PROCESS ? hook_closed : NULL);
}

static void stopped(void *ctx)
{
	struct serving *s = ctx;

	uv_stop(&s->loop);
}

static void stop(struct serving *s)
{
	if (s->d.stopping)
		return;
	s->d.stopping = true;
	notify_manager("STOPPING=1");
	control_close(&s->d);
	control_drop_clients(&s->d);
	device_stop(s->d.dev, stopped, s);
}

static void on_signal(uv_signal_t *h, int number)
{
	(void)number;
	stop(h->data);
}

static trec_err listen_all(struct serving *s, const struct args *a, struct failure *f)
{
	const char *uri;
	trec_err err = TREC_OK;

	for (size_t i = 0; !err && (uri = args_value_at(a, "--listen", i)); i++)
		err = device_listen(s->d.dev, uri, f);
	if (!args_has(a, "--listen"))
		err = device_listen(s->d.dev, "tcp://[::]:7443", f);
	for (size_t i = 0; !err && (uri = args_value_at(a, "--service", i)); i++)
		err = device_service(s->d.dev, uri, f);
	if (!err && args_has(a, "--advertise"))
		err = device_advertise(s->d.dev, f);
	return err;
}

static void tell_ready(struct serving *s)
{
	json_t *uris = json_array();

	for (size_t i = 0; device_uri(s->d.dev, i); i++)
		(void)json_array_append_new(uris, json_string(device_uri(s->d.dev, i)));
	daemon_show(&s->d, "ready",
		    json_pack("{s:s, s:o, s:o}", "event", "ready", "uris", uris, "id",
			      id_json(&device_own(s->d.dev)->id)));
	notify_manager("READY=1\nSTATUS=serving");
	device_tell(s->d.dev, NULL, NULL);
}

static void window_ready(void *ctx, const struct failure *f, const char *secret, unsigned seconds)
{
	struct serving *s = ctx;

	if (f) {
		s->f = *f;
		s->window_failed = true;
		stop(s);
		return;
	}
	tell_ready(s);
	daemon_show(&s->d, "window",
		    json_pack("{s:s, s:s*, s:s*, s:i}", "event", "window", "pin",
			      *secret ? secret : NULL, "method", *secret ? NULL : "preset",
			      "expires_in", seconds));
}

static void catch_signals(struct serving *s)
{
	(void)uv_signal_init(&s->loop, &s->term);
	(void)uv_signal_init(&s->loop, &s->interrupt);
	s->term.data = s->interrupt.data = s;
	(void)uv_signal_start(&s->term, on_signal, SIGTERM);
	(void)uv_signal_start(&s->interrupt, on_signal, SIGINT);
}

static trec_err serve_until_stopped(struct serving *s, const struct args *a, struct failure *f)
{
	const char *window = args_value(a, "--window");
	struct device_window_options o = { 0 };
	trec_err err = listen_all(s, a, f);

	if (!err)
		err = control_open(&s->d, f);
	if (err) {
		s->d.stopping = true;
		device_stop(s->d.dev, stopped, s);
	} else {
		catch_signals(s);
		if (window) {
			o.method = !strcmp(window, "preset") ? TREC_METHOD_PRESET : TREC_METHOD_PIN;
			device_window_open(s->d.dev, &o, window_ready, s);
		} else {
			tell_ready(s);
		}
	}
	(void)uv_run(&s->loop, UV_RUN_DEFAULT);
	if (!err && s->window_failed) {
		*f = s->f;
		err = f->err;
	}
	return err;
}

/* What a peer may introduce and what such a peer gets; checked before. */
static void take_policy(const struct args *a, struct trec_introduction_policy *out)
{
	const char *mode = args_value(a, "--introductions"), *right;

	*out = (struct trec_introduction_policy){ .mode = TREC_INTRODUCTIONS_ASK };
	if (mode && !strcmp(mode, "auto"))
		out->mode = TREC_INTRODUCTIONS_AUTO;
	else if (mode && !strcmp(mode, "never"))
		out->mode = TREC_INTRODUCTIONS_NEVER;
	while (out->right_count < TREC_RIGHTS_MAX &&
	       (right = args_value_at(a, "--introduced-rights", out->right_count)))
		(void)snprintf(out->rights[out->right_count++], TREC_RIGHT_MAX + 1, "%s", right);
}

trec_err daemon_serve(struct cli *cli, struct trec_keystore *keys, struct failure *f)
{
	struct serving *s = calloc(1, sizeof *s);
	struct trec_introduction_policy policy;
	struct device_options o = {
		.env = cli->env, .keys = keys, .introductions = &policy, .event = on_event
	};
	trec_err err;

	take_policy(&cli->args, &policy);
	if (!s || uv_loop_init(&s->loop) != 0) {
		free(s);
		trec_keystore_close(&keys);
		return fail_plain(f, TREC_E_NO_MEMORY);
	}
	s->d.loop = o.loop = &s->loop;
	s->d.out = &cli->out;
	s->d.on_event = args_value(&cli->args, "--on-event");
	s->d.events = json_array();
	o.ctx = &s->d;
	cli->out.never_block = true;
	err = device_new(&o, &s->d.dev, f);
	if (!err) {
		err = serve_until_stopped(s, &cli->args, f);
		device_free(&s->d.dev);
	} else {
		trec_keystore_close(&keys);
	}
	uv_walk(&s->loop, close_all, NULL);
	(void)uv_run(&s->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&s->loop);
	control_free(&s->d);
	json_decref(s->d.events);
	free(s);
	return err;
}
