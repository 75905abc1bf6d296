"""One file per profile: what is measured against what, and the targets it shows."""
