"""Who and what exists; the only package that speaks SQL. Imports wire and what is below it."""
