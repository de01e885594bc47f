/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Why this exists: the vectors of RFC 9383 appendix C for P-256, in hex as printed there: all of
 * P256-SHA256-HKDF-SHA256-HMAC-SHA256, and the group values of the SHA-512 suite.
 */
#ifndef TREC_TESTS_RFC9383_H
#define TREC_TESTS_RFC9383_H

#include <stdint.h>

struct rfc9383 {
	const char *w0, *w1, *l, *x, *y, *share_p, *share_v, *z, *v;
};
struct rfc9383_bytes {
	uint8_t w0[32], w1[32], l[65], x[32], y[32], share_p[65], share_v[65], z[65], v[65];
};

static const char rfc9383_context[] =
	"SPAKE2+-P256-SHA256-HKDF-SHA256-HMAC-SHA256 Test Vectors";
static const char rfc9383_confirm_p[] =
	"926cc713504b9b4d76c9162ded04b5493e89109f6d89462cd33adc46fda27527";
static const char rfc9383_confirm_v[] =
	"9747bcc4f8fe9f63defee53ac9b07876d907d55047e6ff2def2e7529089d3e68";
static const char rfc9383_shared[] =
	"0c5f8ccd1413423a54f6c1fb26ff01534a87f893779c6e68666d772bfd91f3e7";
static const struct rfc9383 rfc9383_sha256 = {
	.w0 = "bb8e1bbcf3c48f62c08db243652ae55d3e5586053fca77102994f23ad95491b3",
	.w1 = "7e945f34d78785b8a3ef44d0df5a1a97d6b3b460409a345ca7830387a74b1dba",
	.l = "04eb7c9db3d9a9eb1f8adab81b5794c1f13ae3e225efbe91ea487425854c7fc00f00bfedcbd09b24"
		 "00142d40a14f2064ef31dfaa903b91d1faea7093d835966efd",
	.x = "d1232c8e8693d02368976c174e2088851b8365d0d79a9eee709c6a05a2fad539",
	.y = "717a72348a182085109c8d3917d6c43d59b224dc6a7fc4f0483232fa6516d8b3",
	.share_p = "04ef3bd051bf78a2234ec0df197f7828060fe9856503579bb1733009042c15c0"
		   "c1de127727f418b5966afadfdd95a6e4591d171056b333dab97a79c7193e341727",
	.share_v = "04c0f65da0d11927bdf5d560c69e1d7d939a05b0e88291887d679fcadea75810"
		   "fb5cc1ca7494db39e82ff2f50665255d76173e09986ab46742c798a9a68437b048",
	.z = "04bbfce7dd7f277819c8da21544afb7964705569bdf12fb92aa388059408d50091a0c5f1d3127f56"
		 "813b5337f9e4e67e2ca633117a4fbd559946ab474356c41839",
	.v = "0458bf27c6bca011c9ce1930e8984a797a3419797b936629a5a937cf2f11c8b9514b82b993da8a46"
		 "e664f23db7c01edc87faa530db01c2ee405230b18997f16b68",
};
static const struct rfc9383 rfc9383_sha512 = {
	.w0 = "1cc5207d6e34b8f7828206fb64b86aa9c712bc952abf251bb9f5856b24d8c8cc",
	.w1 = "4279649e62532b01dc27d2ed39100ba350518fb969672061a01edce752d0e672",
	.l = "043a348ad475d2200d46df876f1eb2e136056da31dafff52cc7762bf3be84de0097c4e69b0b93213"
		 "26af1f0af4a14561a9c7b640cb5afd6822d14cb34830fc4511",
	.x = "b586ab83f175c1a2b56b6a1b6a283523f88a9befcf11e22efb48e2ee1fe69a23",
	.y = "ac1fb828f041782d452ea9cc00c3fa34a55fa8f7f98c04be45a3d607b092d441",
	.share_p = "04a7928c4b47f6b8657a5b8ebcb6f1bd266192e152fb9745a4180c94657a2f32"
		   "3b4d50d536c0325cdb0ec42c9bd8db8d7af3ff6dc85edb4b5365375c62e09def4a",
	.share_v = "04498c29e37dbd53ebf8db76679901d90c6be3af57f46ac3025b32420839f048"
		   "9c6c3b6bf5ddc8ecbc3d7c83d0891ad814a00ad23eba13197c9d96a5b10275e35d",
	.z = "04a81e31be54283cee81bf7bdc877764b6b2ac6a399f1176380aac8a82172c18051aa17dfcf43889"
		 "6ad253f53b52cd45ec2c7399488a919bcfcfecc0261cbf5284",
	.v = "04de0a53f96cbe4abcd31c1e0a23ea6f169c162dc5a007393c8fcddd2abd5d518bb2d9734b1d2dfc"
		 "e3fd916e991ab9dc3a2760d439c083eb39b65408857d2bb4aa",
};

#endif
