"""External policy server and call router for Pexip Infinity.

Imports point down only; `pyproject.toml` holds the contract and `ARCHITECTURE.md` the map.
"""
