/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract over sockets in the file system. */
#include "tests/contract/contract.h"

const struct contract_subject contract_subject = {
	.module = "contract over unix",
	.transport = "unix",
	.listen = "unix:DIR/socket",
	.accept_needs_fd = true,
};
