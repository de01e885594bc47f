# Promela models of the protocol, for Debian's spin; see README.md.
dist_check_SCRIPTS += tests/model/check
TESTS += tests/model/check
EXTRA_DIST += tests/model/README.md tests/model/pairing.pml tests/model/introduction.pml \
	tests/model/transfer.pml
