"""From VDX's own tables to rows of this directory, with a note of all that did not fit. Pure."""
