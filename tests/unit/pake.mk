# tests of pake
