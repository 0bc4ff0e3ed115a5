"""`python -m pgben_testkit`: the command line."""

from pgben_testkit.cli import main

if __name__ == "__main__":
    main()
