# what tools/trec builds
