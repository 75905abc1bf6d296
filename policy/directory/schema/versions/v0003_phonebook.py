"""The phone book: what is listed, who is granted it, and the words to find it by."""

from policy.directory.migrate import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_sql("0003_phonebook.sql")
