# Small programs an embedder copies from; they see the public headers only.
check_PROGRAMS += examples/embed examples/lamp
examples_embed_SOURCES = examples/embed.c
examples_embed_CPPFLAGS = -I$(top_srcdir)/include
examples_embed_LDADD = libtrec.la
examples_lamp_SOURCES = examples/lamp.c
examples_lamp_CPPFLAGS = -I$(top_srcdir)/include
examples_lamp_LDADD = libtrec.la

dist_check_SCRIPTS += examples/check-examples
TESTS += examples/check-examples
