# Compiler flags: what every file is built with beside the warnings of Makefile.am. They go to
# AM_CFLAGS and AM_LDFLAGS, so the user's CFLAGS and LDFLAGS come last and win.

# TREC_FLAG(VARIABLE, FLAG, [LINK]): appends FLAG where the compiler takes it silently.
AC_DEFUN([TREC_FLAG], [
AS_VAR_PUSHDEF([cache], [trec_cv_flag_$2])
AC_CACHE_CHECK([whether $CC takes $2], [cache], [
	trec_save_CFLAGS=$CFLAGS
	CFLAGS="$CFLAGS -Werror $2"
	AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <string.h>]],
		[[char b[64]; memset(b, 1, sizeof b); return b[1] - 1;]])],
		[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
	CFLAGS=$trec_save_CFLAGS])
AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$1], [" $2"])])
AS_VAR_POPDEF([cache])
])

AC_DEFUN([TREC_COMPILER_FLAGS], [
AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors @<:@no@:>@])],
	[], [enable_werror=no])
AC_ARG_ENABLE([hardening], [AS_HELP_STRING([--disable-hardening],
	[leave the hardening flags to CFLAGS])], [], [enable_hardening=yes])
AC_ARG_ENABLE([sanitize], [AS_HELP_STRING([--enable-sanitize=LIST],
	[instrument everything, e.g. address,undefined @<:@no@:>@])], [], [enable_sanitize=no])
AC_ARG_ENABLE([fuzz], [AS_HELP_STRING([--enable-fuzz@<:@=afl|engine@:>@],
	[build the fuzz targets with libFuzzer (clang), with AFL++ (CC=afl-clang-fast), or with
	LIB_FUZZING_ENGINE and no flags but yours @<:@no@:>@])], [], [enable_fuzz=no])
AC_ARG_VAR([LIB_FUZZING_ENGINE], [what --enable-fuzz=engine links the fuzz targets with])

SANITIZE_CFLAGS=
AS_IF([test "$enable_sanitize" = yes], [enable_sanitize=address,undefined])
AS_IF([test "$enable_sanitize" != no], [
	TREC_FLAG([SANITIZE_CFLAGS], [-fsanitize=$enable_sanitize])
	AS_IF([test -z "$SANITIZE_CFLAGS"],
		[AC_MSG_ERROR([$CC cannot build with -fsanitize=$enable_sanitize])])
	SANITIZE_CFLAGS="$SANITIZE_CFLAGS -fno-sanitize-recover=all -fno-omit-frame-pointer"])
FUZZ_ENGINE=
AS_CASE([$enable_fuzz],
	[no], [],
	[afl], [
		AC_CACHE_CHECK([whether $CC is AFL++'s], [trec_cv_afl], [AC_COMPILE_IFELSE(
			[AC_LANG_PROGRAM([[#ifndef __AFL_COMPILER
				#error no
				#endif]], [])], [trec_cv_afl=yes], [trec_cv_afl=no])])
		AS_IF([test "$trec_cv_afl" = no],
			[AC_MSG_ERROR([--enable-fuzz=afl needs CC=afl-clang-fast])])
		FUZZ_ENGINE=-fsanitize=fuzzer],
	[engine], [
		AS_IF([test -z "$LIB_FUZZING_ENGINE"],
			[AC_MSG_ERROR([--enable-fuzz=engine needs LIB_FUZZING_ENGINE])])
		FUZZ_ENGINE=$LIB_FUZZING_ENGINE],
	[
		trec_fuzz=
		TREC_FLAG([trec_fuzz], [-fsanitize=fuzzer-no-link])
		AS_IF([test -z "$trec_fuzz"],
			[AC_MSG_ERROR([--enable-fuzz needs clang with libFuzzer: try CC=clang])])
		SANITIZE_CFLAGS="$SANITIZE_CFLAGS$trec_fuzz"
		FUZZ_ENGINE=-fsanitize=fuzzer])
AC_SUBST([FUZZ_ENGINE])
AM_CONDITIONAL([ENABLE_FUZZ], [test "$enable_fuzz" != no])
AM_CONDITIONAL([ENABLE_SANITIZE], [test "$enable_sanitize" != no])

HARDEN_CFLAGS=
HARDEN_LDFLAGS=
AS_IF([test "$enable_hardening" != no], [
	TREC_FLAG([HARDEN_CFLAGS], [-fstack-protector-strong])
	TREC_FLAG([HARDEN_CFLAGS], [-fstack-clash-protection])
	TREC_FLAG([HARDEN_CFLAGS], [-fcf-protection])
	TREC_FLAG([HARDEN_CFLAGS], [-fno-delete-null-pointer-checks])
	AS_IF([test "$enable_sanitize" = no],
		[TREC_FLAG([HARDEN_CFLAGS], [-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2])])
	TREC_FLAG([HARDEN_LDFLAGS], [-Wl,-z,relro])
	TREC_FLAG([HARDEN_LDFLAGS], [-Wl,-z,now])
	TREC_FLAG([HARDEN_LDFLAGS], [-Wl,-z,noexecstack])])
# Programs are made position independent by the compiler's default or not at all: libtool
# cannot hand -pie to programs alone.
AC_CACHE_CHECK([whether $CC makes position independent programs], [trec_cv_pie],
	[AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#ifndef __PIE__
		#error no
		#endif]], [])], [trec_cv_pie=yes], [trec_cv_pie=no])])
AS_IF([test "$trec_cv_pie" = no], [AC_MSG_WARN([programs will have fixed addresses: give CC a default of PIE])])

WERROR_CFLAGS=
AS_IF([test "$enable_werror" != no], [WERROR_CFLAGS=-Werror])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
AC_SUBST([SANITIZE_CFLAGS])
AC_SUBST([WERROR_CFLAGS])
])
