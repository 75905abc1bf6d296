"""HTTP only: read, gather, decide, count, answer. Imports decide and what is below it."""
