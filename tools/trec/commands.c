/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command table: docs/CLI.md in C; see args.h. */
#include "tools/trec/cli.h"

#define OPTIONS(name, ...) static const struct option_spec name[] = { __VA_ARGS__, { 0 } }
#define PIN_FILE                                                                                   \
	{                                                                                          \
		"--pin-file", "FILE", "read the PIN from a file", false, false                     \
	}
#define PIN_VALUE                                                                                  \
	{                                                                                          \
		"--pin", "-", "read the PIN from stdin; a PIN here is seen by others", false, true \
	}

OPTIONS(init_options, { "--name", "NAME", "what peers call this device", false, false },
	{ "--key", "ed25519|p256", "the kind of key", false, false },
	{ "--provider", "keyfile|passphrase", "what protects the store", false, false },
	{ "--passphrase-file", "FILE", "read the passphrase from a file", false, false });
OPTIONS(id_options, { "--pem", NULL, "show the certificate instead", false, false });
OPTIONS(serve_options,
	{ "--listen", "URI", "where to listen, default tcp://[::]:7443", true, false },
	{ "--service", "NAME=COMMAND|NAME=tcp:HOST:PORT", "what to offer to peers", true, false },
	{ "--window", "random|preset", "open a pairing window at the start", false, false },
	{ "--introductions", "ask|auto|never", "what to do with introductions", false, false },
	{ "--introduced-rights", "RIGHT", "the most that introduced peers get", true, false },
	{ "--advertise", NULL, "let others find this device nearby", false, false },
	{ "--on-event", "CMD", "run a shell command for each event", false, false });
OPTIONS(window_options, { "--pin", NULL, "show a random PIN", false, false },
	{ "--digits", "N", "of the PIN, 6 to 12", false, false },
	{ "--preset", NULL, "take the preset PIN", false, false },
	{ "--code", NULL, "show a pairing code", false, false },
	{ "--multi", NULL, "let the code be used by several devices", false, false },
	{ "--qr", "terminal|png:FILE|svg:FILE", "draw the code", false, false },
	{ "--seconds", "N", "how long, 1 to 120", false, false },
	{ "--wait", NULL, "stay until a device paired or the window closed", false, false },
	{ "--symmetric", NULL, "share a key instead of certificates; both ends must say so", false,
	  false });
OPTIONS(preset_options, PIN_FILE, PIN_VALUE);
OPTIONS(pair_options, PIN_FILE, PIN_VALUE,
	{ "--code-file", "FILE", "read the pairing code from a file", false, false },
	{ "--code", "-", "read the code from stdin; a code here is seen by others", false, true },
	{ "--qr-image", "FILE", "take the code from a PNG picture", false, false },
	{ "--nfc-tag", NULL, "take the code from an NFC tag", false, false },
	{ "--yes", NULL, "consent without asking", false, false },
	{ "--new", NULL, "the secret was made anew after failed attempts", false, false },
	{ "--symmetric", NULL, "share a key instead of certificates; both ends must say so", false,
	  false });
OPTIONS(list_options, { "--all", NULL, "also those whose pairing was cut short", false, false });
OPTIONS(allow_options, { "--until", "DATE", "when the right ends (UTC)", false, false });
OPTIONS(connect_options, { "--service", "NAME", "which of the peer's services", false, false });
OPTIONS(introduce_options,
	{ "--offline", "FILE", "write a file to carry instead of telling them", false, false },
	{ "--qr", "terminal|png:FILE|svg:FILE", "draw it too", false, false });
OPTIONS(accept_options,
	{ "--allow", "RIGHT", "the most that the introduced peer gets", true, false },
	{ "--qr-image", "FILE", "take it from a PNG picture", false, false });
OPTIONS(scan_options, { "--transport", "tcp|rfcomm", "only over this one", false, false },
	{ "--adapter", "hciN", "only this Bluetooth adapter", false, false },
	{ "--seconds", "N", "how long, 1 to 120", false, false });
OPTIONS(unpair_options,
	{ "--cascade", NULL, "also part from those known only through it", false, false },
	{ "--yes", NULL, "go on without asking", false, false });
OPTIONS(rotate_options, { "--key", "ed25519|p256", "the kind of key", false, false },
	{ "--yes", NULL, "go on without asking", false, false });

const struct command commands[] = {
	{ "init",
	  "[--name N] [--key ed25519|p256] [--provider keyfile|passphrase] [--passphrase-file F]",
	  "makes the store and this device's own credential", 0, 0, init_options, cmd_init },
	{ "id", "[--pem]", "shows this device's id, name and key", 0, 0, id_options, cmd_id },
	{ "cert", "PEER", "shows a peer's certificate", 1, 1, NULL, cmd_cert },
	{ "info", "", "shows what protects the store, attempts, window and transports", 0, 0, NULL,
	  cmd_info },
	{ "serve",
	  "[--listen URI]... [--service NAME=COMMAND|NAME=tcp:HOST:PORT]... "
	  "[--window random|preset] [--introductions ask|auto|never] "
	  "[--introduced-rights RIGHT]... [--advertise] [--on-event CMD]",
	  "runs the device daemon", 0, 0, serve_options, cmd_serve },
	{ "window",
	  "--pin [--digits N] | --preset | --code [--multi] [--qr terminal|png:FILE|svg:FILE] "
	  "[--seconds N] [--wait] [--symmetric]",
	  "opens the daemon's pairing window", 0, 0, window_options, cmd_window },
	{ "preset", "--pin-file F | --pin -", "sets the preset PIN", 0, 0, preset_options,
	  cmd_preset },
	{ "pair",
	  "[URI] --pin-file F | --pin - | --code-file F | --code - | --qr-image FILE | --nfc-tag "
	  "[--yes] [--new] [--symmetric]",
	  "pairs with a device whose window is open", 0, 1, pair_options, cmd_pair },
	{ "list", "[--all]", "lists the trusted devices", 0, 0, list_options, cmd_list },
	{ "show", "PEER", "shows one of them", 1, 1, NULL, cmd_show },
	{ "rename", "PEER NAME", "calls a peer something else", 2, 2, NULL, cmd_rename },
	{ "allow", "PEER RIGHT [--until DATE]", "grants a right to a peer", 2, 2, allow_options,
	  cmd_allow },
	{ "deny", "PEER RIGHT", "takes a right away", 2, 2, NULL, cmd_deny },
	{ "connect", "PEER [URI] [--service NAME]",
	  "joins stdin and stdout with a service of a peer", 1, 2, connect_options, cmd_connect },
	{ "ping", "PEER [URI]", "measures session set-up and one round trip", 1, 2, NULL,
	  cmd_ping },
	{ "introduce", "PEER PEER [PEER]... [--offline FILE] [--qr terminal|png:FILE|svg:FILE]",
	  "makes peers known to each other", 2, 9, introduce_options, cmd_introduce },
	{ "accept", "FILE | - | --qr-image FILE [--allow RIGHT]...",
	  "accepts an introduction that was carried here", 0, 1, accept_options, cmd_accept },
	{ "pending", "", "lists the consents that wait", 0, 0, NULL, cmd_pending },
	{ "answer", "N yes|no", "answers one of them", 2, 2, NULL, cmd_answer },
	{ "unpair", "PEER [--cascade] [--yes]", "parts from a peer", 1, 1, unpair_options,
	  cmd_unpair },
	{ "resume", "PEER", "trusts a suspended peer again", 1, 1, NULL, cmd_resume },
	{ "rotate", "[--key ed25519|p256] [--yes]", "replaces this device's key", 0, 0,
	  rotate_options, cmd_rotate },
	{ "rekey", "PEER [URI]", "replaces the key shared with a peer without a certificate", 1, 2,
	  NULL, cmd_rekey },
	{ "scan", "[--transport tcp|rfcomm] [--adapter hciN] [--seconds N]",
	  "lists devices nearby", 0, 0, scan_options, cmd_scan },
	{ "watch", "", "shows the daemon's events as they happen", 0, 0, NULL, cmd_watch },
	{ "log", "", "shows the daemon's latest events", 0, 0, NULL, cmd_log },
	{ "help", "[COMMAND]", "shows what commands there are, or one of them", 0, 1, NULL,
	  cmd_help },
	{ NULL, NULL, NULL, 0, 0, NULL, NULL },
};
