"""The command line, as ``cmsim`` or ``python -m cmsim``."""

import sys


def main() -> None:
    """Run the command line, and end quietly if it is stopped before it has begun; never returns."""
    try:
        from cmsim.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
