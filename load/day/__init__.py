"""A day of the Danish hub, squeezed into minutes: who calls, scans, books, what goes wrong."""
