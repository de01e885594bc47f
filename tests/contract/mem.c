/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract over connections inside the process. */
#include "tests/contract/contract.h"

const struct contract_subject contract_subject = {
	.module = "contract over mem",
	.transport = "mem",
	.listen = "mem:contract",
	.tells_reset = true,
};
