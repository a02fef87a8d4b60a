"""`leadproof completion`: what a shell needs to complete command lines. What is offered stands in `completing`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

#: Shell -> how a shell that starts is told.
SHELLS: dict[str, str] = {
    "bash": 'eval "$(leadproof completion bash)"',
    "zsh": 'eval "$(leadproof completion zsh)"',
    "fish": "leadproof completion fish | source",
}


@click.command("completion")
@click.argument("shell", type=click.Choice(list(SHELLS)))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the script that teaches a shell to complete leadproof: commands, options, and the names that values have.

    \b
    Examples, each a line for the file that the shell reads when it starts:
      eval "$(leadproof completion bash)"     # in ~/.bashrc (bash 4.4 or newer)
      eval "$(leadproof completion zsh)"      # in ~/.zshrc, below compinit
      leadproof completion fish | source      # in ~/.config/fish/config.fish
    """
    known = get_completion_class(shell)
    assert known is not None, "click knows all of SHELLS"
    root = context.find_root()
    click.echo(known(root.command, {}, "leadproof", "_LEADPROOF_COMPLETE").source(), nl=False)
