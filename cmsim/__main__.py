"""``python -m cmsim`` is the command line."""

from cmsim.cli import main

if __name__ == "__main__":
    main()
