# tests of keystore
