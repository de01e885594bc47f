/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract over TCP and IPv4. */
#include "tests/contract/contract.h"

const struct contract_subject contract_subject = {
	.module = "contract over tcp4",
	.transport = "tcp",
	.listen = "tcp://127.0.0.1:0",
	.tells_reset = true,
	.accept_needs_fd = true,
};
