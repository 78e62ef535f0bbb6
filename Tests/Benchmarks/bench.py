#!/usr/bin/env python3
"""Measures the daemon against talking to PostgreSQL and Redis directly, and prints one table; see README.md."""
import argparse
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../Scripts")]
sys.dont_write_bytecode = True

from harness import table  # noqa: E402
from harness.session import Session  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default=f"{HERE}/../../.build/release", help="where brain-memoryd and brainctl are")
    parser.add_argument("--load", default=f"{HERE}/.build/release/brain-load", help="the load generator")
    parser.add_argument("--python", default=f"{HERE}/../../.build/benchmarks-venv/bin/python3",
                        help="a Python that has the packages of python/requirements.txt")
    parser.add_argument("--quick", action="store_true", help="under two minutes: less data, short runs, three rounds")
    parser.add_argument("--rounds", type=int, help="how often each is measured, in turn with its rival")
    parser.add_argument("--seconds", type=float, help="how long each measurement takes")
    parser.add_argument("--size", type=int, help="how many memories there are")
    parser.add_argument("--only", default="", help="keys of rows, or how they begin, with commas between; see --list")
    parser.add_argument("--list", action="store_true", help="print the keys of rows and end")
    parser.add_argument("--json", help="where to write the results")
    parser.add_argument("--record", action="store_true", help="keep the results as this version's, in results/")
    parser.add_argument("--results", default=f"{HERE}/results", help="where results of releases are kept")
    chosen = parser.parse_args()
    chosen.rounds = chosen.rounds or (3 if chosen.quick else 5)
    chosen.seconds = chosen.seconds or (0.3 if chosen.quick else 1.5)
    chosen.size = chosen.size or (100_000 if chosen.quick else 1_000_000)
    chosen.schema = os.path.abspath(f"{HERE}/../../schema")
    chosen.here = HERE
    return chosen


def main():
    chosen = arguments()
    results = Session(chosen).run()
    if results is None:
        return
    before = table.last_recorded(chosen.results, results["version"])
    table.print_table(results, before)
    table.write(results, chosen)


if __name__ == "__main__":
    main()
