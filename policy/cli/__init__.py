"""One file per subcommand. Imports everything; the only package that prints."""
