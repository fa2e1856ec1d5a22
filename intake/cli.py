"""The `kanal` command: the one place where an error becomes words and an exit code.

Which commands there are stands in `intake/commands/tree.py`, what the exit codes mean in `intake/commands/failing.py`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer
from typer._click.exceptions import NoArgsIsHelpError

from intake.commands.failing import INTERRUPTED, WRONG, failure_of, tell
from intake.commands.screen import coloured
from intake.commands.tree import tree
from intake.words import say


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit code; no traceback for what has a cure."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    if "_KANAL_COMPLETE" in os.environ:
        from typer._completion_classes import completion_init

        completion_init()
    try:
        sys.exit(tree().main(args=typed, prog_name="kanal", standalone_mode=False) or 0)
    except NoArgsIsHelpError as error:
        typer.echo(error.format_message(), err=True, color=coloured(sys.stderr))
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except typer.Abort:
        typer.echo(say("aborted"), err=True)
        sys.exit(WRONG)
    except BrokenPipeError:
        # The reader (`| head`) has gone. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(WRONG)
    except Exception as error:
        failure = failure_of(error)
        if failure is None:
            raise
        tell(failure, "--json" in typed)
        sys.exit(failure.exit_code)
