# TREC_CHECK_BLUETOOTH: --with-bluetooth, auto by default, sets have_BLUETOOTH. The headers of
# libbluetooth alone are needed: the transport speaks to the kernel and links with nothing.
AC_DEFUN([TREC_CHECK_BLUETOOTH], [
AC_ARG_WITH([bluetooth], [AS_HELP_STRING([--without-bluetooth],
	[leave out the Bluetooth RFCOMM transport @<:@auto@:>@])], [], [with_bluetooth=auto])
AS_IF([test "$with_bluetooth" = no], [have_BLUETOOTH=no], [
	AC_CACHE_CHECK([for the headers of libbluetooth], [trec_cv_bluetooth], [AC_COMPILE_IFELSE(
		[AC_LANG_PROGRAM([[#include <sys/socket.h>
			#include <bluetooth/bluetooth.h>
			#include <bluetooth/hci.h>
			#include <bluetooth/l2cap.h>
			#include <bluetooth/rfcomm.h>]], [])],
		[trec_cv_bluetooth=yes], [trec_cv_bluetooth=no])])
	have_BLUETOOTH=$trec_cv_bluetooth
	AS_IF([test "$with_bluetooth$have_BLUETOOTH" = yesno],
		[AC_MSG_ERROR([--with-bluetooth needs the headers of libbluetooth])])])
AS_IF([test "$have_BLUETOOTH" = yes],
	[AC_DEFINE([HAVE_BLUETOOTH], [1], [the RFCOMM transport is built])])
AM_CONDITIONAL([HAVE_BLUETOOTH], [test "$have_BLUETOOTH" = yes])
])
