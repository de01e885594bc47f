/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bluez.h in a build without D-Bus: bluetoothd cannot be reached. */
#include "transports/bluez.h"

trec_err tp_bluez_new(const struct trec_env *env, const struct bluez_want *want,
		      struct bluez_profile **out)
{
	(void)env;
	(void)want;
	*out = NULL;
	return TREC_E_UNSUPPORTED;
}

void tp_bluez_free(struct bluez_profile **p)
{
	*p = NULL;
}

void tp_bluez_step(struct bluez_profile *p)
{
	(void)p;
}

enum bluez_state tp_bluez_state(const struct bluez_profile *p)
{
	(void)p;
	return BLUEZ_ABSENT;
}

bool tp_bluez_listens(const struct bluez_profile *p)
{
	(void)p;
	return false;
}

int tp_bluez_take(struct bluez_profile *p)
{
	(void)p;
	return -1;
}

void tp_bluez_poll(const struct bluez_profile *p, struct trec_poll *out)
{
	(void)p;
	*out = (struct trec_poll){ .fd = -1, .next_ms = UINT64_MAX };
}
