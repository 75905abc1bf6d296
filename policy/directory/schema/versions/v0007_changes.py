"""What has changed, for servers that keep rows in memory."""

from policy.directory.migrate import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_sql("0007_changes.sql")
