# what examples builds
