"""`deskhand language`: the instruction language in one page."""

import typer


def language() -> None:
    """Show the sentences that tasks are written in.

    \b
    Example:
      deskhand language | less
    """
    from ..instructions import language_help

    typer.echo(language_help() if callable(language_help) else language_help)
