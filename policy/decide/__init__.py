"""Facts in, decision out: pure and synchronous. Imports rules and below; never waits or logs."""
