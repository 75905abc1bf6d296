"""Every field of every service, held against what a node takes; templates."""

from policy.directory.migrate import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_sql("0004_services.sql")
