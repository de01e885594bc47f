noinst_LTLIBRARIES += link/liblink.la
libtrec_la_LIBADD += link/liblink.la

link_liblink_la_SOURCES = link/blocking.c
