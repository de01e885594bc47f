# TREC_CHECK_WOLFSSL: what libtrec needs of wolfSSL is proven by compiling, linking and running,
# never by version numbers, because distributions switch features off and back-port others.

# TREC_WOLFSSL_NEEDS(WHAT, INCLUDES, BODY)
AC_DEFUN([TREC_WOLFSSL_NEEDS], [
AS_VAR_PUSHDEF([cache], [trec_cv_wolfssl_$1])
AC_CACHE_CHECK([whether wolfSSL has $1], [cache],
	[AC_LINK_IFELSE([AC_LANG_PROGRAM([
[#include <wolfssl/options.h>]
[#include <wolfssl/ssl.h>]
$2], [$3])], [AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])])
AS_VAR_IF([cache], [no], [AC_MSG_ERROR([wolfSSL is there but was built without $1])])
AS_VAR_POPDEF([cache])
])

AC_DEFUN([TREC_CHECK_WOLFSSL], [
PKG_CHECK_MODULES([WOLFSSL], [wolfssl])
trec_wolfssl_version=`$PKG_CONFIG --modversion wolfssl`
trec_save_LIBS=$LIBS
trec_save_CFLAGS=$CFLAGS
LIBS="$WOLFSSL_LIBS $LIBS"
CFLAGS="$CFLAGS $WOLFSSL_CFLAGS"

TREC_WOLFSSL_NEEDS([TLS 1.3], [],
	[[wolfSSL_CTX_new(wolfTLSv1_3_client_method()); wolfSSL_CTX_new(wolfTLSv1_3_server_method());]])
TREC_WOLFSSL_NEEDS([external PSKs in TLS 1.3],
	[[static unsigned c(WOLFSSL *s, const char *h, char *i, unsigned n, unsigned char *k,
		unsigned m, const char **x) { (void)s, (void)h, (void)i, (void)n, (void)k, (void)m; *x = 0; return 0; }
	static unsigned v(WOLFSSL *s, const char *i, unsigned char *k, unsigned m, const char **x)
		{ (void)s, (void)i, (void)k, (void)m; *x = 0; return 0; }]],
	[[wolfSSL_CTX_set_psk_client_tls13_callback(NULL, c); wolfSSL_CTX_set_psk_server_tls13_callback(NULL, v);]])
TREC_WOLFSSL_NEEDS([the keying material exporter], [],
	[[unsigned char o[32]; wolfSSL_export_keying_material(NULL, o, 32, "x", 1, NULL, 0, 0);]])
TREC_WOLFSSL_NEEDS([sign callbacks],
	[[static int e(WOLFSSL *s, const unsigned char *i, unsigned n, unsigned char *o, word32 *m,
		const unsigned char *k, unsigned l, void *c)
		{ (void)s, (void)i, (void)n, (void)o, (void)m, (void)k, (void)l, (void)c; return -1; }
	static int d(WOLFSSL *s, const unsigned char *i, unsigned n, unsigned char *o, unsigned *m,
		const unsigned char *k, unsigned l, void *c)
		{ (void)s, (void)i, (void)n, (void)o, (void)m, (void)k, (void)l, (void)c; return -1; }]],
	[[wolfSSL_CTX_SetEccSignCb(NULL, e); wolfSSL_CTX_SetEd25519SignCb(NULL, d);]])
TREC_WOLFSSL_NEEDS([Ed25519], [[#include <wolfssl/wolfcrypt/ed25519.h>]],
	[[ed25519_key k; WC_RNG r; int v; wc_ed25519_make_key(&r, 32, &k);
	wc_ed25519_verify_msg(NULL, 64, NULL, 0, &v, &k);]])
TREC_WOLFSSL_NEEDS([ECC with point arithmetic], [[#include <wolfssl/wolfcrypt/ecc.h>]],
	[[mp_int k; ecc_point *p = wc_ecc_new_point(); wc_ecc_mulmod(&k, p, p, &k, &k, 1);
	wc_ecc_point_is_on_curve(p, 0); wc_ecc_fp_free();]])
TREC_WOLFSSL_NEEDS([certificate generation], [[#include <wolfssl/wolfcrypt/asn_public.h>]],
	[[Cert c; WC_RNG r; wc_InitCert(&c); wc_MakeCert_ex(&c, NULL, 0, ED25519_TYPE, NULL, &r);]])
TREC_WOLFSSL_NEEDS([HKDF], [[#include <wolfssl/wolfcrypt/hmac.h>]],
	[[unsigned char o[32]; wc_HKDF_Extract(WC_SHA256, NULL, 0, NULL, 0, o);
	wc_HKDF_Expand(WC_SHA256, o, 32, NULL, 0, o, 32);]])
TREC_WOLFSSL_NEEDS([scrypt], [[#include <wolfssl/wolfcrypt/pwdbased.h>]],
	[[unsigned char o[32]; wc_scrypt(o, o, 1, o, 1, 15, 8, 1, 32);]])
TREC_WOLFSSL_NEEDS([ChaCha20-Poly1305], [[#include <wolfssl/wolfcrypt/chacha20_poly1305.h>]],
	[[unsigned char o[32]; wc_ChaCha20Poly1305_Encrypt(o, o, NULL, 0, o, 1, o, o);]])

# Where this exists psk_ke can be refused beforehand; elsewhere proto/tls checks afterwards.
AC_CHECK_FUNCS([wolfSSL_only_dhe_psk])

# Where this exists a private key is not multiplied out anew for each signature.
AC_CHECK_FUNCS([wc_ed25519_import_private_key_ex])

_TREC_WOLFSSL_WORD
_TREC_WOLFSSL_VERIFY

# The one thing no probe can show without crashing: a version is compared.
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <wolfssl/version.h>
#if LIBWOLFSSL_VERSION_HEX < 0x05007000
#error CVE-2024-0901
#endif]], [])], [trec_cve_2024_0901=fixed], [trec_cve_2024_0901=open
	AC_MSG_WARN([this wolfSSL lacks the fix for CVE-2024-0901, unless back-ported])])

LIBS=$trec_save_LIBS
CFLAGS=$trec_save_CFLAGS
])

# Some packages (Debian 12) build the library with 64-bit big-number words but ship headers that
# say 32: a program that touches mp_int then corrupts memory. The library tells by how many
# words 16 bytes take. When cross-compiling, 64-bit targets with __int128 are taken to have it.
AC_DEFUN([_TREC_WOLFSSL_WORD_PROGRAM], [AC_LANG_PROGRAM([[
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/ecc.h>
static union { mp_int n; unsigned char room[1 << 16]; } u;]], [[
	static const unsigned char in[16] = { 255, 1 };
	if (mp_init(&u.n) != 0 || mp_read_unsigned_bin(&u.n, in, sizeof in) != 0) return 2;
	return u.n.used * (int)sizeof(mp_digit) == 16 ? 0 : 1;]])])
AC_DEFUN([_TREC_WOLFSSL_WORD], [
AC_CACHE_CHECK([for a define that makes wolfSSL's headers fit its words], [trec_cv_wolfssl_word], [
	AC_RUN_IFELSE([_TREC_WOLFSSL_WORD_PROGRAM], [trec_cv_wolfssl_word=none], [
		trec_word_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -DHAVE___UINT128_T=1"
		AC_RUN_IFELSE([_TREC_WOLFSSL_WORD_PROGRAM],
			[trec_cv_wolfssl_word=-DHAVE___UINT128_T=1], [trec_cv_wolfssl_word=unknown],
			[trec_cv_wolfssl_word=unknown])
		CFLAGS=$trec_word_CFLAGS], [
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#include <wolfssl/options.h>
#if defined HAVE___UINT128_T || !defined __SIZEOF_INT128__
#error fits
#endif]], [])], [trec_cv_wolfssl_word=-DHAVE___UINT128_T=1], [trec_cv_wolfssl_word=none])])])
AS_CASE([$trec_cv_wolfssl_word],
	[unknown], [AC_MSG_ERROR([wolfSSL's headers do not fit its library; set trec_cv_wolfssl_word])],
	[none], [],
	[WOLFSSL_CFLAGS="$WOLFSSL_CFLAGS $trec_cv_wolfssl_word"
	CFLAGS="$CFLAGS $trec_cv_wolfssl_word"])
])

# Credentials are pinned in the verify callback, so it must run also when wolfSSL itself has
# nothing against the certificate (WOLFSSL_ALWAYS_VERIFY_CB). A handshake in memory, both ends
# with one self-signed certificate that both trust, shows it. When cross-compiling, the macro in
# the library's options.h is believed.
AC_DEFUN([_TREC_WOLFSSL_VERIFY], [
AC_CACHE_CHECK([whether wolfSSL's verify callback runs on success], [trec_cv_wolfssl_verify_cb], [
	AC_RUN_IFELSE([_TREC_WOLFSSL_VERIFY_PROGRAM], [trec_cv_wolfssl_verify_cb=yes],
		[trec_cv_wolfssl_verify_cb="no ($?)"], [
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
#include <wolfssl/options.h>
#ifndef WOLFSSL_ALWAYS_VERIFY_CB
#error only on failure
#endif]], [])], [trec_cv_wolfssl_verify_cb=yes], [trec_cv_wolfssl_verify_cb=no])])])
AS_IF([test "$trec_cv_wolfssl_verify_cb" != yes],
	[AC_MSG_ERROR([wolfSSL must call the verify callback for accepted certificates too: build it with WOLFSSL_ALWAYS_VERIFY_CB])])
])

AC_DEFUN([_TREC_WOLFSSL_VERIFY_PROGRAM], [AC_LANG_SOURCE([[
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/wolfcrypt/asn_public.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <string.h>
struct pipe { unsigned char b[65536]; int at, n; };
static struct pipe wire[2];
static int seen;
static int rx(WOLFSSL *s, char *p, int n, void *c)
{
	struct pipe *w = c;
	int have = w->n - w->at;
	(void)s;
	if (have == 0) return WOLFSSL_CBIO_ERR_WANT_READ;
	if (n > have) n = have;
	memcpy(p, w->b + w->at, (size_t)n);
	w->at += n;
	return n;
}
static int tx(WOLFSSL *s, char *p, int n, void *c)
{
	struct pipe *w = c;
	(void)s;
	if (n > (int)sizeof w->b - w->n) return WOLFSSL_CBIO_ERR_GENERAL;
	memcpy(w->b + w->n, p, (size_t)n);
	w->n += n;
	return n;
}
static int judge(int ok, WOLFSSL_X509_STORE_CTX *store)
{
	if (ok && store->certs != NULL && store->certs[0].length > 0) seen++;
	return ok;
}
static WOLFSSL *end(WOLFSSL_METHOD *m, const byte *crt, int crt_n, const byte *key, int key_n, int me)
{
	WOLFSSL_CTX *ctx = wolfSSL_CTX_new(m);
	WOLFSSL *s;
	if (ctx == NULL) return NULL;
	wolfSSL_CTX_SetIORecv(ctx, rx);
	wolfSSL_CTX_SetIOSend(ctx, tx);
	wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, judge);
	if (wolfSSL_CTX_load_verify_buffer(ctx, crt, crt_n, WOLFSSL_FILETYPE_ASN1) != WOLFSSL_SUCCESS) return NULL;
	if (wolfSSL_CTX_use_certificate_buffer(ctx, crt, crt_n, WOLFSSL_FILETYPE_ASN1) != WOLFSSL_SUCCESS) return NULL;
	if (wolfSSL_CTX_use_PrivateKey_buffer(ctx, key, key_n, WOLFSSL_FILETYPE_ASN1) != WOLFSSL_SUCCESS) return NULL;
	s = wolfSSL_new(ctx);
	if (s == NULL) return NULL;
	wolfSSL_SetIOReadCtx(s, &wire[1 - me]);
	wolfSSL_SetIOWriteCtx(s, &wire[me]);
	return s;
}
int main(void)
{
	byte crt[1024], key[256];
	int crt_n, key_n, i, a = 0, b = 0;
	ed25519_key k;
	WC_RNG rng;
	Cert c;
	WOLFSSL *cl, *sv;
	if (wolfSSL_Init() != WOLFSSL_SUCCESS || wc_InitRng(&rng) || wc_ed25519_init(&k)) return 2;
	if (wc_ed25519_make_key(&rng, 32, &k) || wc_InitCert(&c)) return 3;
	strcpy(c.subject.commonName, "probe");
	c.isCA = 1; c.selfSigned = 1; c.sigType = CTC_ED25519; c.daysValid = 2;
	if (wc_MakeCert_ex(&c, crt, sizeof crt, ED25519_TYPE, &k, &rng) < 0) return 4;
	crt_n = wc_SignCert_ex(c.bodySz, c.sigType, crt, sizeof crt, ED25519_TYPE, &k, &rng);
	key_n = wc_Ed25519PrivateKeyToDer(&k, key, sizeof key);
	if (crt_n <= 0 || key_n <= 0) return 5;
	cl = end(wolfTLSv1_3_client_method(), crt, crt_n, key, key_n, 0);
	sv = end(wolfTLSv1_3_server_method(), crt, crt_n, key, key_n, 1);
	if (cl == NULL || sv == NULL) return 6;
	for (i = 0; i < 10 && !(a && b); i++) {
		a = a || wolfSSL_connect(cl) == WOLFSSL_SUCCESS;
		b = b || wolfSSL_accept(sv) == WOLFSSL_SUCCESS;
	}
	if (!a || !b) return 7;
	return seen >= 2 ? 0 : 1;
}
]])])

# The static library, where there is one: the simulator wraps the calls that it makes of libc,
# which a shared one does not allow. WOLFSSL_STATIC is its path.
AC_DEFUN([TREC_CHECK_WOLFSSL_STATIC], [
AC_CACHE_CHECK([for wolfSSL's static library], [trec_cv_wolfssl_static], [
	trec_cv_wolfssl_static=no
	trec_libdir=`$PKG_CONFIG --variable=libdir wolfssl`
	for trec_static in "$trec_libdir/libwolfssl.a" "`$CC -print-file-name=libwolfssl.a`"; do
		test -f "$trec_static" || continue
		trec_save_LIBS=$LIBS
		trec_save_CFLAGS=$CFLAGS
		LIBS="$trec_static -lm $LIBS"
		CFLAGS="$CFLAGS $WOLFSSL_CFLAGS"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <wolfssl/options.h>
#include <wolfssl/ssl.h>]], [[return wolfSSL_Init();]])], [trec_cv_wolfssl_static=$trec_static])
		LIBS=$trec_save_LIBS
		CFLAGS=$trec_save_CFLAGS
		test "$trec_cv_wolfssl_static" = no || break
	done])
AC_SUBST([WOLFSSL_STATIC], [$trec_cv_wolfssl_static])
AM_CONDITIONAL([HAVE_WOLFSSL_STATIC], [test "$trec_cv_wolfssl_static" != no])
])
