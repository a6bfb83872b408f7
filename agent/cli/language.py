"""`deskhand language`: the instruction language in one page."""

import typer


def language() -> None:
    """Show the sentences that tasks are written in.

    Example:
      deskhand language | less
    """
    from ..instructions.language_help import help_text

    typer.echo(help_text())
