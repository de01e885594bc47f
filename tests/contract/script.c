/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The contract over the scripted double: what other tests build on keeps the same promises,
 * also with short reads, AGAIN out of the blue and delays.
 */
#include "tests/contract/contract.h"
#include "tests/lib/script.h"

static struct script *script;

static bool pair(const struct trec_env *env, struct trec_link *ends[2])
{
	struct script_plan slow = script_plain(), odd = script_plain();

	slow.again = 1;
	slow.recv_max = 1009;
	slow.delay_ms = 1;
	odd.send_max = 4001;
	odd.split_at = 3;
	odd.keep_packets = true;
	script = script_new(env, &slow, &odd, ends);
	return script != NULL;
}

static void unpair(void)
{
	script_free(&script);
}

const struct contract_subject contract_subject = {
	.module = "contract over the script double",
	.transport = "script",
	.listen = "none",
	.tells_reset = true,
	.pair = pair,
	.unpair = unpair,
};
