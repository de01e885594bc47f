/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adapters by two ioctls of a raw HCI socket, and their switches by sysfs; see adapter.h. */
#include "config.h"

#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/base.h"
#include "transports/adapter.h"

#define CLASS_DIR "/sys/class/bluetooth"

/* Whether the file says anything but 0. */
static bool says_yes(int dir, const char *folder, const char *file)
{
	char path[300], c = '0';

	(void)snprintf(path, sizeof(path), "%s/%s", folder, file);
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	ssize_t n = read(fd, &c, 1);

	close(fd);
	return n == 1 && c != '0';
}

/* The adapter's rfkill switch is a folder beside its attributes: hci0/rfkill3/{soft,hard}. */
static bool is_blocked(unsigned number)
{
	char path[sizeof(CLASS_DIR) + 16];
	bool blocked = false;
	struct dirent *e;

	(void)snprintf(path, sizeof(path), CLASS_DIR "/hci%u", number);
	DIR *d = opendir(path);

	if (d == NULL)
		return false;
	while (!blocked && (e = readdir(d)) != NULL)
		if (strncmp(e->d_name, "rfkill", 6) == 0)
			blocked = says_yes(dirfd(d), e->d_name, "soft") ||
				  says_yes(dirfd(d), e->d_name, "hard");
	closedir(d);
	return blocked;
}

/* False: it has gone meanwhile. */
static bool describe(int fd, uint16_t number, struct tp_adapter *out)
{
	struct hci_dev_info info = { .dev_id = number };

	if (number >= TP_ADAPTERS_MAX || ioctl(fd, HCIGETDEVINFO, &info) != 0)
		return false;
	out->number = (uint8_t)number;
	for (size_t i = 0; i < TP_BD_LEN; i++)
		out->bd[i] = info.bdaddr.b[TP_BD_LEN - 1 - i];
	out->up = (info.flags & (1u << HCI_UP)) != 0;
	out->blocked = is_blocked(number);
	return true;
}

trec_err tp_adapters(struct tp_adapter out[TP_ADAPTERS_MAX], size_t *n)
{
	union {
		struct hci_dev_list_req head;
		uint8_t room[sizeof(struct hci_dev_list_req) +
			     TP_ADAPTERS_MAX * sizeof(struct hci_dev_req)];
	} list;

	memset(out, 0, TP_ADAPTERS_MAX * sizeof(*out));
	*n = 0;
	int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, BTPROTO_HCI);

	if (fd < 0)
		return errno == EAFNOSUPPORT || errno == EPROTONOSUPPORT ? TREC_E_NO_ADAPTER
									 : TREC_E_IO;
	memset(&list, 0, sizeof(list));
	list.head.dev_num = TP_ADAPTERS_MAX;
	int r = ioctl(fd, HCIGETDEVLIST, &list);

	for (size_t i = 0; r == 0 && i < list.head.dev_num && i < TP_ADAPTERS_MAX; i++)
		if (describe(fd, list.head.dev_req[i].dev_id, &out[*n]))
			++*n;
	close(fd);
	return r == 0 ? TREC_OK : TREC_E_IO;
}

trec_err tp_adapter_find(uint8_t number, const uint8_t *bd, struct tp_adapter *out)
{
	struct tp_adapter all[TP_ADAPTERS_MAX];
	trec_err why = TREC_E_NO_ADAPTER;
	size_t n;

	memset(out, 0, sizeof(*out));
	trec_err err = tp_adapters(all, &n);

	for (size_t i = 0; err == TREC_OK && i < n; i++) {
		if ((number != 0 && all[i].number != number - 1) ||
		    (bd != NULL && memcmp(all[i].bd, bd, TP_BD_LEN) != 0))
			continue;
		if (all[i].up) {
			*out = all[i];
			return TREC_OK;
		}
		if (!all[i].blocked)
			why = TREC_E_ADAPTER_OFF;
		else if (why == TREC_E_NO_ADAPTER)
			why = TREC_E_ADAPTER_BLOCKED;
	}
	return err == TREC_OK ? why : err;
}
