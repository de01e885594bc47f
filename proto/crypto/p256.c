/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The P-256 group for SPAKE2+ (RFC 9383). What an attacker can recompute for a guessed PIN must
 * not show in our timing, so no value that only depends on the PIN and on public data is ever
 * an operand of wolfCrypt's variable-time number arithmetic: each point enters in a fresh random
 * Jacobian form (x l^2, y l^3, l) and everything after that is random. Multiplication is
 * wolfCrypt's ladder, whose cache of base points thereby never sees a point twice; addition is
 * the textbook formula here.
 */
#include <string.h>

#include "proto/crypto/wolf.h"

#define LEN CRYPTO_P256_SCALAR_LEN

static const uint8_t prime[LEN] = {
	0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};
static const uint8_t coefficient_b[LEN] = {
	0x5a, 0xc6, 0x35, 0xd8, 0xaa, 0x3a, 0x93, 0xe7, 0xb3, 0xeb, 0xbd,
	0x55, 0x76, 0x98, 0x86, 0xbc, 0x65, 0x1d, 0x06, 0xb0, 0xcc, 0x53,
	0xb0, 0xf6, 0x3b, 0xce, 0x3c, 0x3e, 0x27, 0xd2, 0x60, 0x4b,
};
static const uint8_t generator[CRYPTO_P256_POINT_LEN] = {
	0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
	0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
	0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
	0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
	0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
};

/* M and N of RFC 9383 4. */
const uint8_t crypto_p256_m[CRYPTO_P256_POINT_LEN] = {
	0x04, 0x88, 0x6e, 0x2f, 0x97, 0xac, 0xe4, 0x6e, 0x55, 0xba, 0x9d, 0xd7, 0x24,
	0x25, 0x79, 0xf2, 0x99, 0x3b, 0x64, 0xe1, 0x6e, 0xf3, 0xdc, 0xab, 0x95, 0xaf,
	0xd4, 0x97, 0x33, 0x3d, 0x8f, 0xa1, 0x2f, 0x5f, 0xf3, 0x55, 0x16, 0x3e, 0x43,
	0xce, 0x22, 0x4e, 0x0b, 0x0e, 0x65, 0xff, 0x02, 0xac, 0x8e, 0x5c, 0x7b, 0xe0,
	0x94, 0x19, 0xc7, 0x85, 0xe0, 0xca, 0x54, 0x7d, 0x55, 0xa1, 0x2e, 0x2d, 0x20,
};
const uint8_t crypto_p256_n[CRYPTO_P256_POINT_LEN] = {
	0x04, 0xd8, 0xbb, 0xd6, 0xc6, 0x39, 0xc6, 0x29, 0x37, 0xb0, 0x4d, 0x99, 0x7f,
	0x38, 0xc3, 0x77, 0x07, 0x19, 0xc6, 0x29, 0xd7, 0x01, 0x4d, 0x49, 0xa2, 0x4b,
	0x4f, 0x98, 0xba, 0xa1, 0x29, 0x2b, 0x49, 0x07, 0xd6, 0x0a, 0xa6, 0xbf, 0xad,
	0xe4, 0x50, 0x08, 0xa6, 0x36, 0x33, 0x7f, 0x51, 0x68, 0xc6, 0x4d, 0x9b, 0xd3,
	0x60, 0x34, 0x80, 0x8c, 0xd5, 0x64, 0x49, 0x0b, 0x1e, 0x65, 0x6e, 0xdb, 0xe7,
};

/* A point in Jacobian coordinates. */
struct jacobian {
	mp_int x, y, z;
};

/* Everything one operation needs; wiped as a whole. The first error sticks in ret. */
struct work {
	int ret;
	mp_int p;
	struct jacobian a, b, c;
	mp_int t[6];
	uint8_t bytes[LEN];
};

static void load(struct work *w, mp_int *m, const uint8_t bytes[LEN])
{
	if (w->ret == 0)
		w->ret = mp_init(m);
	if (w->ret == 0)
		w->ret = mp_read_unsigned_bin(m, bytes, LEN);
}

static void store(struct work *w, mp_int *m, uint8_t bytes[LEN])
{
	if (w->ret == 0)
		w->ret = mp_to_unsigned_bin_len(m, bytes, LEN);
}

static void mul(struct work *w, mp_int *a, mp_int *b, mp_int *out)
{
	if (w->ret == 0)
		w->ret = mp_mulmod(a, b, &w->p, out);
}

static void sub(struct work *w, mp_int *a, mp_int *b, mp_int *out)
{
	if (w->ret == 0)
		w->ret = mp_submod(a, b, &w->p, out);
}

static void add(struct work *w, mp_int *a, mp_int *b, mp_int *out)
{
	if (w->ret == 0)
		w->ret = mp_addmod(a, b, &w->p, out);
}

static void work_start(struct work *w)
{
	memset(w, 0, sizeof *w);
	load(w, &w->p, prime);
	for (size_t i = 0; i < BASE_COUNT(w->t); i++)
		if (w->ret == 0)
			w->ret = mp_init(&w->t[i]);
}

static trec_err work_end(struct work *w, trec_err err, uint8_t *out)
{
	if (err == TREC_OK)
		err = crypto_from_wolf(w->ret);
	trec_wipe(w, sizeof *w);
	crypto_burn_stack();
	if (err != TREC_OK)
		trec_wipe(out, CRYPTO_P256_POINT_LEN);
	return err;
}

/* 0x04 and both coordinates below p. */
static bool encoding_ok(const uint8_t point[CRYPTO_P256_POINT_LEN])
{
	bool form = point[0] == 0x04;
	bool x = crypto_less(point + 1, prime);
	bool y = crypto_less(point + 1 + LEN, prime);
	bool ok = form & x & y;

	base_declassify(&ok, sizeof ok); /* true of every point that was computed */
	return ok;
}

/* A fresh random Jacobian form of an affine point. */
static trec_err blind(struct work *w, const struct trec_env *env,
		      const uint8_t point[CRYPTO_P256_POINT_LEN], struct jacobian *out)
{
	if (!encoding_ok(point))
		return TREC_E_MALFORMED;
	trec_err err = crypto_draw_below(env, prime, w->bytes);

	if (err != TREC_OK)
		return err;
	load(w, &out->z, w->bytes);
	load(w, &out->x, point + 1);
	load(w, &out->y, point + 1 + LEN);
	mul(w, &out->z, &out->z, &w->t[0]);
	mul(w, &out->x, &w->t[0], &out->x);
	mul(w, &w->t[0], &out->z, &w->t[0]);
	mul(w, &out->y, &w->t[0], &out->y);
	base_declassify(out, sizeof *out); /* any of the point's 2^256 forms, all as likely */
	return TREC_OK;
}

/* Affine bytes of a point whose z is random and not 0. */
static void unblind(struct work *w, struct jacobian *j, uint8_t out[CRYPTO_P256_POINT_LEN])
{
	mp_int *t = w->t;

	if (w->ret == 0)
		w->ret = mp_invmod(&j->z, &w->p, &t[0]);
	mul(w, &t[0], &t[0], &t[1]);
	mul(w, &j->x, &t[1], &j->x);
	mul(w, &t[1], &t[0], &t[1]);
	mul(w, &j->y, &t[1], &j->y);
	out[0] = 0x04;
	store(w, &j->x, out + 1);
	store(w, &j->y, out + 1 + LEN);
}

trec_err crypto_p256_check(struct trec_bytes point)
{
	struct work w;

	if (point.n != CRYPTO_P256_POINT_LEN || !encoding_ok(point.p))
		return TREC_E_MALFORMED;
	work_start(&w);
	mp_int *t = w.t;

	load(&w, &w.a.x, point.p + 1);
	load(&w, &w.a.y, point.p + 1 + LEN);
	load(&w, &t[0], coefficient_b);
	mul(&w, &w.a.x, &w.a.x, &t[1]);
	mul(&w, &t[1], &w.a.x, &t[1]); /* x^3 */
	for (int i = 0; i < 3; i++)
		sub(&w, &t[1], &w.a.x, &t[1]); /* a = -3 */
	add(&w, &t[1], &t[0], &t[1]);
	mul(&w, &w.a.y, &w.a.y, &t[2]);
	bool on_curve = w.ret == 0 && mp_cmp(&t[1], &t[2]) == MP_EQ;
	trec_err err = crypto_from_wolf(w.ret);

	trec_wipe(&w, sizeof w);
	return err != TREC_OK ? err : on_curve ? TREC_OK : TREC_E_MALFORMED;
}

/* The curve's equation for (x, y, z): y^2 = x^3 - 3 x z^4 + b z^6. */
trec_err crypto_p256_check_secret(const struct trec_env *env,
				  const uint8_t point[CRYPTO_P256_POINT_LEN])
{
	struct work w;

	work_start(&w);
	struct jacobian *a = &w.a;
	mp_int *t = w.t;
	trec_err err = blind(&w, env, point, a);

	load(&w, &t[0], coefficient_b);
	mul(&w, &a->z, &a->z, &t[1]);
	mul(&w, &t[1], &t[1], &t[2]); /* z^4 */
	mul(&w, &t[1], &t[2], &t[3]); /* z^6 */
	mul(&w, &t[3], &t[0], &t[3]);
	mul(&w, &a->x, &t[2], &t[2]);
	for (int i = 0; i < 3; i++)
		sub(&w, &t[3], &t[2], &t[3]);
	mul(&w, &a->x, &a->x, &t[1]);
	mul(&w, &a->x, &t[1], &t[1]);
	add(&w, &t[3], &t[1], &t[3]);
	mul(&w, &a->y, &a->y, &t[1]);
	bool on_curve = err == TREC_OK && w.ret == 0 && mp_cmp(&t[1], &t[3]) == MP_EQ;

	if (err == TREC_OK)
		err = crypto_from_wolf(w.ret);
	trec_wipe(&w, sizeof w);
	crypto_burn_stack();
	return err != TREC_OK ? err : on_curve ? TREC_OK : TREC_E_MALFORMED;
}

/* ---- multiplication ---------------------------------------------------------------------- */

/* wolfCrypt's ladder on a blinded base. k and the result are secret. */
static int ladder(struct work *w, const uint8_t k[LEN], struct jacobian *base,
		  uint8_t out[CRYPTO_P256_POINT_LEN])
{
	ecc_point *from = wc_ecc_new_point();
	ecc_point *to = wc_ecc_new_point();
	mp_int *a = &w->t[4];
	mp_int *scalar = &w->t[5];

	if (from == NULL || to == NULL) {
		w->ret = MEMORY_E;
		goto out;
	}
	load(w, scalar, k);
	if (w->ret == 0)
		w->ret = mp_sub_d(&w->p, 3, a);
	if (w->ret == 0)
		w->ret = mp_copy(&base->x, from->x);
	if (w->ret == 0)
		w->ret = mp_copy(&base->y, from->y);
	if (w->ret == 0)
		w->ret = mp_copy(&base->z, from->z);
	crypto_forget_points();
	if (w->ret == 0)
		w->ret = wc_ecc_mulmod(scalar, from, to, a, &w->p, 1);
	crypto_forget_points();
	if (w->ret == 0 && wc_ecc_point_is_at_infinity(to))
		w->ret = ECC_INF_E;
	out[0] = 0x04;
	store(w, to->x, out + 1);
	store(w, to->y, out + 1 + LEN);
out:
	if (from != NULL)
		wc_ecc_forcezero_point(from);
	if (to != NULL)
		wc_ecc_forcezero_point(to);
	wc_ecc_del_point(from);
	wc_ecc_del_point(to);
	return w->ret;
}

trec_err crypto_p256_mul(const struct trec_env *env, const uint8_t k[LEN],
			 const uint8_t point[CRYPTO_P256_POINT_LEN],
			 uint8_t out[CRYPTO_P256_POINT_LEN])
{
	struct work w;

	if (!crypto_p256_scalar_ok(k)) {
		trec_wipe(out, CRYPTO_P256_POINT_LEN);
		return TREC_E_MALFORMED;
	}
	work_start(&w);
	trec_err err = blind(&w, env, point, &w.a);

	if (err == TREC_OK && w.ret == 0)
		(void)ladder(&w, k, &w.a, out);
	return work_end(&w, err, out);
}

trec_err crypto_p256_mul_split(const struct trec_env *env, const uint8_t k[LEN],
			       const uint8_t point[CRYPTO_P256_POINT_LEN],
			       uint8_t out[CRYPTO_P256_POINT_LEN])
{
	uint8_t one[LEN], two[LEN];
	uint8_t first[CRYPTO_P256_POINT_LEN];
	trec_err err = crypto_p256_scalar_split(env, k, one, two);

	if (err == TREC_OK)
		err = crypto_p256_mul(env, one, point, first);
	if (err == TREC_OK)
		err = crypto_p256_mul(env, two, point, out);
	if (err == TREC_OK)
		err = crypto_p256_add(env, first, out, out);
	trec_wipe(one, sizeof one);
	trec_wipe(two, sizeof two);
	trec_wipe(first, sizeof first);
	if (err != TREC_OK)
		trec_wipe(out, CRYPTO_P256_POINT_LEN);
	return err;
}

trec_err crypto_p256_mul_base(const struct trec_env *env, const uint8_t k[LEN],
			      uint8_t out[CRYPTO_P256_POINT_LEN])
{
	return crypto_p256_mul(env, k, generator, out);
}

trec_err crypto_p256_mul_base_split(const struct trec_env *env, const uint8_t k[LEN],
				    uint8_t out[CRYPTO_P256_POINT_LEN])
{
	return crypto_p256_mul_split(env, k, generator, out);
}

/* ---- addition ---------------------------------------------------------------------------- */

/* c = 2a, for a = (x, y, z), with a = -3 written as 3(x - z^2)(x + z^2). */
static void jacobian_double(struct work *w)
{
	struct jacobian *a = &w->a;
	struct jacobian *c = &w->c;
	mp_int *t = w->t;

	mul(w, &a->z, &a->z, &t[0]);
	sub(w, &a->x, &t[0], &t[1]);
	add(w, &a->x, &t[0], &t[0]);
	mul(w, &t[0], &t[1], &t[0]);
	add(w, &t[0], &t[0], &t[1]);
	add(w, &t[0], &t[1], &t[0]); /* m */
	add(w, &a->y, &a->y, &t[1]); /* 2y */
	mul(w, &t[1], &a->z, &c->z);
	mul(w, &t[1], &t[1], &t[1]); /* 4y^2 */
	mul(w, &t[1], &a->x, &t[2]); /* s = 4xy^2 */
	mul(w, &t[0], &t[0], &c->x);
	sub(w, &c->x, &t[2], &c->x);
	sub(w, &c->x, &t[2], &c->x);
	sub(w, &t[2], &c->x, &t[2]);
	mul(w, &t[0], &t[2], &c->y);
	mul(w, &t[1], &t[1], &t[1]); /* 16y^4 */
	if (w->ret == 0 && mp_isodd(&t[1]))
		w->ret = mp_add(&t[1], &w->p, &t[1]);
	if (w->ret == 0)
		w->ret = mp_div_2(&t[1], &t[1]);
	sub(w, &c->y, &t[1], &c->y);
}

/* c = a + b. False: the sum is infinity. */
static bool jacobian_add(struct work *w)
{
	struct jacobian *a = &w->a;
	struct jacobian *b = &w->b;
	struct jacobian *c = &w->c;
	mp_int *t = w->t;

	mul(w, &b->z, &b->z, &t[0]);
	mul(w, &a->x, &t[0], &t[2]); /* u1 */
	mul(w, &t[0], &b->z, &t[0]);
	mul(w, &a->y, &t[0], &t[3]); /* s1 */
	mul(w, &a->z, &a->z, &t[0]);
	mul(w, &b->x, &t[0], &t[4]);
	sub(w, &t[4], &t[2], &t[4]); /* h = u2 - u1 */
	mul(w, &t[0], &a->z, &t[0]);
	mul(w, &b->y, &t[0], &t[5]);
	sub(w, &t[5], &t[3], &t[5]); /* r = s2 - s1 */
	if (w->ret != 0)
		return true;
	if (mp_iszero(&t[4])) {
		if (!mp_iszero(&t[5]))
			return false;
		jacobian_double(w);
		return true;
	}
	mul(w, &a->z, &b->z, &c->z);
	mul(w, &c->z, &t[4], &c->z);
	mul(w, &t[4], &t[4], &t[0]);
	mul(w, &t[2], &t[0], &t[2]); /* u1 h^2 */
	mul(w, &t[0], &t[4], &t[0]); /* h^3 */
	mul(w, &t[5], &t[5], &c->x);
	sub(w, &c->x, &t[0], &c->x);
	sub(w, &c->x, &t[2], &c->x);
	sub(w, &c->x, &t[2], &c->x);
	sub(w, &t[2], &c->x, &t[2]);
	mul(w, &t[5], &t[2], &c->y);
	mul(w, &t[3], &t[0], &t[3]);
	sub(w, &c->y, &t[3], &c->y);
	return true;
}

/* a + b, or a - b: the sign goes to the random z of b, since (x, y, -z) is (x, -y, z). */
static trec_err sum(const struct trec_env *env, const uint8_t a[CRYPTO_P256_POINT_LEN],
		    const uint8_t b[CRYPTO_P256_POINT_LEN], bool minus,
		    uint8_t out[CRYPTO_P256_POINT_LEN])
{
	struct work w;

	work_start(&w);
	for (size_t i = 0; i < 3 && w.ret == 0; i++)
		w.ret = mp_init(i == 0 ? &w.c.x : i == 1 ? &w.c.y : &w.c.z);
	trec_err err = blind(&w, env, a, &w.a);

	if (err == TREC_OK)
		err = blind(&w, env, b, &w.b);
	if (err == TREC_OK && w.ret == 0 && minus)
		w.ret = mp_sub(&w.p, &w.b.z, &w.b.z);
	if (err == TREC_OK && !jacobian_add(&w))
		err = TREC_E_MALFORMED;
	if (err == TREC_OK)
		unblind(&w, &w.c, out);
	return work_end(&w, err, out);
}

trec_err crypto_p256_add(const struct trec_env *env, const uint8_t a[CRYPTO_P256_POINT_LEN],
			 const uint8_t b[CRYPTO_P256_POINT_LEN],
			 uint8_t out[CRYPTO_P256_POINT_LEN])
{
	return sum(env, a, b, false, out);
}

trec_err crypto_p256_sub(const struct trec_env *env, const uint8_t a[CRYPTO_P256_POINT_LEN],
			 const uint8_t b[CRYPTO_P256_POINT_LEN],
			 uint8_t out[CRYPTO_P256_POINT_LEN])
{
	return sum(env, a, b, true, out);
}
