"""`python -m hebbnet` is the `hebbnet` command."""
from .cli import cli

if __name__ == "__main__":
    cli(prog_name="hebbnet")
