/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The contract over TCP and IPv6, where the machine has it. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/contract/contract.h"

static const char *no_ipv6(void)
{
	struct sockaddr_in6 lo = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd < 0)
		return "this kernel has no IPv6";
	int r = bind(fd, (const struct sockaddr *)&lo, sizeof(lo));

	close(fd);
	return r == 0 ? NULL : "::1 is not configured";
}

const struct contract_subject contract_subject = {
	.module = "contract over tcp6",
	.transport = "tcp",
	.listen = "tcp://[::1]:0",
	.tells_reset = true,
	.accept_needs_fd = true,
	.missing = no_ipv6,
};
