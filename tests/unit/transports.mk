# tests of transports
