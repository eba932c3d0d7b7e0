"""``completion``: what a shell needs to complete our words, as click writes it."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]

EXAMPLES = """\b
Examples:
  brisktls completion bash >> ~/.bash_completion
  brisktls completion fish > ~/.config/fish/completions/brisktls.fish
"""


@click.command(epilog=EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print a script for SHELL that completes commands, options and their values."""
    kind = get_completion_class(shell)
    if kind is None or context.parent is None:
        raise click.UsageError(f"no completion for {shell} here")
    root = context.find_root().command
    click.echo(kind(root, {}, "brisktls", "_BRISKTLS_COMPLETE").source())
