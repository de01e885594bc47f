/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The contract over RFCOMM, between two adapters of this machine that hear each other: real ones,
 * or those of tests/testbed/vm. The first one listens; the kernel connects from another.
 */
#include "config.h"

#include "tests/contract/contract.h"

#ifdef HAVE_BLUETOOTH
#include "transports/adapter.h"

static const char *no_adapters(void)
{
	struct tp_adapter all[TP_ADAPTERS_MAX];
	size_t n, up = 0;
	trec_err err = tp_adapters(all, &n);

	if (err == TREC_E_NO_ADAPTER)
		return "this kernel has no Bluetooth; tests/testbed/vm/run has";
	if (err != TREC_OK)
		return "the kernel does not tell its Bluetooth adapters";
	for (size_t i = 0; i < n; i++)
		up += all[i].up;
	return up >= 2 ? NULL : "two Bluetooth adapters that are on are needed";
}
#else
static const char *no_adapters(void)
{
	return "this build has no Bluetooth";
}
#endif

const struct contract_subject contract_subject = {
	.module = "contract over rfcomm",
	.transport = "rfcomm",
	.listen = "rfcomm:?adapter=hci0",
	.accept_needs_fd = true,
	.whole = true,
	.one_link = true,
	.slow = true,
	.missing = no_adapters,
};
