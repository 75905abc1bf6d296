"""Whose domain an address is in."""

from policy.directory.migrate import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_sql("0005_domains.sql")
