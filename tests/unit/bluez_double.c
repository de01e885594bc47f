/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/bluez_double.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICE "/org/bluez/hci0/dev_00_AA_01_01_00_01"

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void keep_option(struct bluez_double *d, sd_bus_message *m, const char *key)
{
	const char *text = NULL;
	uint16_t number = 0;
	int flag = 1;

	if (strcmp(key, "Channel") == 0) {
		must(sd_bus_message_read(m, "v", "q", &number) > 0);
		d->channel = number;
	} else if (strncmp(key, "Require", 7) == 0) {
		must(sd_bus_message_read(m, "v", "b", &flag) > 0);
		d->demands = d->demands || flag;
	} else if (strcmp(key, "Name") == 0 || strcmp(key, "Role") == 0 ||
		   strcmp(key, "ServiceRecord") == 0) {
		must(sd_bus_message_read(m, "v", "s", &text) > 0);
		if (key[0] == 'N')
			snprintf(d->name, sizeof(d->name), "%s", text);
		else if (key[0] == 'R')
			snprintf(d->role, sizeof(d->role), "%s", text);
		else
			snprintf(d->record, sizeof(d->record), "%s", text);
	} else {
		must(sd_bus_message_skip(m, "v") > 0);
	}
}

static int on_register(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
	struct bluez_double *d = userdata;
	const char *object, *uuid, *key;

	d->asked++;
	d->channel = -1;
	d->demands = false;
	d->record[0] = '\0';
	must(sd_bus_message_read(m, "os", &object, &uuid) > 0);
	snprintf(d->from, sizeof(d->from), "%s", sd_bus_message_get_sender(m));
	snprintf(d->object, sizeof(d->object), "%s", object);
	snprintf(d->uuid, sizeof(d->uuid), "%s", uuid);
	must(sd_bus_message_enter_container(m, 'a', "{sv}") > 0);
	while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
		must(sd_bus_message_read(m, "s", &key) > 0);
		keep_option(d, m, key);
		must(sd_bus_message_exit_container(m) > 0);
	}
	must(sd_bus_message_exit_container(m) > 0);
	if (d->silent)
		return 1;
	if (d->taken != NULL && strcmp(d->uuid, d->taken) == 0)
		return sd_bus_error_set_const(e, "org.bluez.Error.NotPermitted", "taken");
	if (d->error != NULL)
		return sd_bus_error_set_const(e, d->error, "as it was told");
	return sd_bus_reply_method_return(m, NULL);
}

static const sd_bus_vtable manager[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("RegisterProfile", "osa{sv}", "", on_register, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

void bluez_double_start(struct bluez_double *d)
{
	/* The object is there before the name is, as bluetoothd has it. */
	d->bus = bus_rig_connect(NULL);
	must(sd_bus_add_object_vtable(d->bus, NULL, "/org/bluez", "org.bluez.ProfileManager1",
				      manager, d) >= 0);
	must(sd_bus_request_name(d->bus, "org.bluez", SD_BUS_NAME_REPLACE_EXISTING) >= 0);
}

void bluez_double_stranger(struct bluez_double *d, const struct bluez_double *knows)
{
	memset(d, 0, sizeof(*d));
	memcpy(d->from, knows->from, sizeof(d->from));
	memcpy(d->object, knows->object, sizeof(d->object));
	d->bus = bus_rig_connect(NULL);
}

void bluez_double_stop(struct bluez_double *d)
{
	d->bus = sd_bus_flush_close_unref(d->bus);
}

static int on_end(sd_bus_message *m, void *userdata, sd_bus_error *e)
{
	struct bluez_double *d = userdata;
	const sd_bus_error *error = sd_bus_message_get_error(m);

	(void)e;
	d->ended++;
	snprintf(d->error_back, sizeof(d->error_back), "%s", error != NULL ? error->name : "");
	return 1;
}

static sd_bus_message *method(struct bluez_double *d, const char *name)
{
	sd_bus_message *m = NULL;

	must(sd_bus_message_new_method_call(d->bus, &m, d->from, d->object, "org.bluez.Profile1",
					    name) >= 0);
	return m;
}

static void call(struct bluez_double *d, sd_bus_message *m)
{
	must(sd_bus_call_async(d->bus, NULL, m, on_end, d, 0) >= 0);
	sd_bus_message_unref(m);
}

void bluez_double_hand_over(struct bluez_double *d, int fd, size_t text)
{
	sd_bus_message *m = method(d, "NewConnection");
	char *long_text = malloc(text + 1);

	must(long_text != NULL);
	memset(long_text, 'x', text);
	long_text[text] = '\0';
	must(sd_bus_message_append(m, "oh", DEVICE, fd) >= 0);
	must(sd_bus_message_open_container(m, 'a', "{sv}") >= 0);
	if (text > 0)
		must(sd_bus_message_append(m, "{sv}", long_text, "s", long_text) >= 0);
	must(sd_bus_message_close_container(m) >= 0);
	call(d, m);
	free(long_text);
}

void bluez_double_call(struct bluez_double *d, const char *name)
{
	sd_bus_message *m = method(d, name);

	if (strcmp(name, "RequestDisconnection") == 0)
		must(sd_bus_message_append(m, "o", DEVICE) >= 0);
	call(d, m);
}
