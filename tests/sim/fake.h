/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Why this exists: what the stand-ins for cryptography share, and the one fault they can have. */
#ifndef TREC_TESTS_SIM_FAKE_H
#define TREC_TESTS_SIM_FAKE_H

#include <trec/bytes.h>

/* A pairing channel then takes any key for the right one: a planted fault. */
extern bool fake_channel_takes_any_key;

uint64_t fake_mix(uint64_t x);
/* 32 bytes that change with every byte and every cut of the parts. */
void fake_hash(const struct trec_bytes *parts, size_t n, uint8_t out[32]);

#endif
