"""Numbers are drawn by the database; rooms for citizens are guarded."""

from policy.directory.migrate import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_sql("0011_numbers.sql")
