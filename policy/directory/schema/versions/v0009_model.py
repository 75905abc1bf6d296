"""Agreements, users, ranges, templates with a chain, whole bookings, life cycles."""

from policy.directory.migrate import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_sql("0009_model.sql")
