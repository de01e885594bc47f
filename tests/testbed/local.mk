# A guest with a kernel that has Bluetooth; run by the stage `bluetooth` of ./dev, not by make check.
EXTRA_DIST += tests/testbed/vm/README.md tests/testbed/vm/adapter.c tests/testbed/vm/bt \
	tests/testbed/vm/guest tests/testbed/vm/init tests/testbed/vm/prepare tests/testbed/vm/run
