# what fuzz builds
