"""What has changed in the database: every commit, once, from whichever node is read."""
