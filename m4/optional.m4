# TREC_OPTIONAL(OPTION, VARIABLE, MODULE, WHAT FOR)
# --with-OPTION: auto by default. Sets have_VARIABLE and VARIABLE_CFLAGS, VARIABLE_LIBS. Several
# modules may share an option.
AC_DEFUN([TREC_OPTIONAL], [
AC_ARG_WITH([$1], [AS_HELP_STRING([--without-$1], [leave out $4 @<:@auto@:>@])], [],
	[with_$1=auto])
AS_IF([test "$with_$1" = no], [have_$2=no],
	[PKG_CHECK_MODULES([$2], [$3], [have_$2=yes], [have_$2=no
	AS_IF([test "$with_$1" = yes],
		[AC_MSG_ERROR([--with-$1 needs $3 ($4), which pkg-config does not find])])])])
])
