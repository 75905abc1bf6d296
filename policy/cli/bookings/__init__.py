"""`vdx-policy bookings`: one file for what the subcommands of a kind have in common."""
