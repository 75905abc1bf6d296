"""What rules look at: tags, and the organisations above an owner."""

from policy.directory.migrate import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_sql("0006_facts.sql")
