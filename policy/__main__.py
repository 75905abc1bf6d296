"""Lets `python -m policy` be the same as `vdx-policy`."""

from policy.cli.main import main

main()
