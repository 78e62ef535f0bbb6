#!/usr/bin/env python3
"""Measures how the daemon's operations grow with the number of memories, and prints one table; see README.md."""
import argparse
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../Scripts")]
sys.dont_write_bytecode = True

from harness import growth, table  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default=f"{HERE}/../../.build/release", help="where brain-memoryd and brainctl are")
    parser.add_argument("--load", default=f"{HERE}/.build/release/brain-load", help="the load generator")
    parser.add_argument("--sizes", default="10000,100000,1000000", help="numbers of memories, with commas between")
    parser.add_argument("--seconds", type=float, default=1, help="how long each operation is measured at each size")
    parser.add_argument("--no-restore", action="store_true", help="leave dumps and restores out")
    parser.add_argument("--json", help="where to write the results")
    chosen = parser.parse_args()
    chosen.sizes = sorted(int(size) for size in chosen.sizes.replace(" ", ",").split(",") if size)
    results = growth.Growth(chosen).run()
    growth.print_table(results)
    if chosen.json:
        with open(chosen.json, "w") as file:
            json.dump(table.rounded(results), file, indent=1)
            file.write("\n")


if __name__ == "__main__":
    main()
