"""Organisations, domains, the address register, rooms, bookings and devices."""

from policy.directory.migrate import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_sql("0001_directory.sql")
