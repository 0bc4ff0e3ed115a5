"""Run `pgben-testkit completion`: print the script that makes a shell complete our commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "pgben-testkit"
VARIABLE = "_PGBEN_TESTKIT_COMPLETE"
"""Click's own name: it is how the script asks the program for what could come next."""


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash:  pgben-testkit completion bash > ~/.local/share/bash-completion/completions/pgben-testkit
    zsh:   pgben-testkit completion zsh > ~/.zfunc/_pgben-testkit
    fish:  pgben-testkit completion fish > ~/.config/fish/completions/pgben-testkit.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None, shell
    click.echo(kind(ctx.find_root().command, {}, PROGRAM, VARIABLE).source())
