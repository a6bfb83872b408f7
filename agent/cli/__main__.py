"""`python -m deskhand.agent.cli`, the same as `deskhand`."""

from . import main

main()
