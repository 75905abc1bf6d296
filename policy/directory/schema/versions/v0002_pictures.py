"""Pictures, and who shows which."""

from policy.directory.migrate import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_sql("0002_pictures.sql")
