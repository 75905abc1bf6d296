"""`vdx-policy organisations`: who is connected, what they have signed, who acts for them."""
