"""The audit trail; row security for whoever acts for an organisation."""

from policy.directory.migrate import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_sql("0010_trail.sql")
    run_sql("0010_tenants.sql")
