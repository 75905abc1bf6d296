"""PINs sealed by the program; what is written by the million written cheaply."""

from policy.directory.migrate import run_sql, seal_pins

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Run the SQL of this revision, and seal the PINs that were there before."""
    run_sql("0008_secrets.sql")
    seal_pins()
