"""Prints results as one table, and keeps them as JSON."""
import glob
import json
import os
import re

from . import python_rivals, verdicts

HEAD = ("operation", "clients", "ours", "rival", "ratio", "goal", "met", "before", "p50 µs", "p99 µs", "daemon µs/op",
        "servers µs/op", "client µs/op", "peak MiB", "rival")


def number(value):
    if value is None:
        return ""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def met(is_met):
    return {True: "yes", False: "NO", None: ""}[is_met]


def last_recorded(folder, version):
    """The results of the newest version that is kept; this one's own come first."""
    paths = glob.glob(f"{folder}/*.json")
    if not paths:
        return None
    order = lambda path: [int(part) for part in re.findall(r"\d+", os.path.basename(path))]
    own = f"{folder}/{version}.json"
    with open(own if own in paths else max(paths, key=order)) as file:
        return json.load(file)


def _line(row, before):
    if row["failure"]:
        return (row["what"], str(row["clients"]), "FAILED", "", "", verdicts.goal(row), "NO") + ("",) * 7 + (row["rivalName"],)
    ours, rival = row["ours"], row["rival"] or {}
    unit = "/s" if row["measure"] == "rate" else " µs"
    goal = verdicts.goal(row)
    pair = lambda name: number(ours.get(name)) + (f" : {number(rival[name])}" if rival.get(name) is not None else "")
    kept = (before or {}).get("ratio")
    return (row["what"], str(row["clients"]), number(ours[row["measure"]]) + unit,
            number(rival[row["measure"]]) + unit if rival else "", number(row["ratio"]), goal,
            met(verdicts.is_met(row)), number(kept), pair("p50"), pair("p99"), number(ours["daemonCpu"]),
            pair("serverCpu"), pair("clientCpu"), number(row["peakBytes"] / 2**20),
            row["rivalName"])


def _python_line(line, before):
    pair = lambda figures: f"{number(figures[0])} : {number(figures[1])}"
    kept = next((old["ratio"] for old in before if (old["what"], old["rivalName"]) == (line["what"], line["rivalName"])), None)
    return (line["what"], str(line["clients"]), number(line["ours"]) + "/s", number(line["rival"]) + "/s",
            number(line["ratio"]), f"≥ {line['goal']:g} ×" if line["goal"] else "", met(line["met"]), number(kept),
            pair(line["p50"]), pair(line["p99"]), "", "", pair(line["cpu"]), "", line["rivalName"])


def print_table(results, before):
    known = (before or {}).get("rows", {})
    lines = [_line(row, known.get(key)) for key, row in results["rows"].items()]
    if results.get("python"):
        old = (before or {}).get("python")
        old = list(python_rivals.lines(old)) if old else []
        lines += [_python_line(line, old) for line in python_rivals.lines(results["python"])]
    lines += [(what, clients, ours, "", ratio, goal, met(verdict)) + ("",) * 8
              for what, clients, ours, ratio, goal, verdict in verdicts.others(results)]
    print(f"brain-memoryd {results['version']}, {results['memories']:,} memories ({results['records']}), medians of "
          f"{results['rounds']} rounds of {results['seconds']} s in turn, {results['processors']} processors")
    print_lines([HEAD, *lines])
    if results.get("floor"):
        print("\nThe mission's own table, one client:")
        print_lines([("what", "may take ms", "p50 ms", "p99 ms", "met"),
                *((line["what"], number(line["atMost"]), number(line["p50"]), number(line["p99"]),
                   met(line["p50"] <= line["atMost"])) for line in results["floor"])])
    for note in verdicts.notes(results, before):
        print(note)


def print_lines(lines):
    """Prints cells as a Markdown table whose first line is the head."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for index, line in enumerate(lines):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |")
        if index == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def write(results, chosen):
    paths = [chosen.json] if chosen.json else []
    if chosen.record:
        os.makedirs(chosen.results, exist_ok=True)
        paths.append(f"{chosen.results}/{results['version']}.json")
    for path in paths:
        with open(path, "w") as file:
            json.dump(rounded(results), file, indent=1)
            file.write("\n")


def rounded(value):
    """Figures to five digits, more of which mean nothing."""
    if isinstance(value, float):
        return float(f"{value:.5g}")
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, list) else value
