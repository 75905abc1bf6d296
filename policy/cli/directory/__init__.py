"""`vdx-policy directory`: the whole directory, in and out, and what is true of it."""
