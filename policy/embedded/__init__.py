"""An own PostgreSQL under a state directory: does I/O and starts processes, imports errors only."""
