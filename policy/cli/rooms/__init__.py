"""`vdx-policy rooms`: permanent rooms, their life, their addresses and their PINs."""
