"""Which goals are met."""

MEBIBYTE = 1024 * 1024


def goal(row):
    """A row's goal in words. Without a rival it is one for ours alone, otherwise for the ratio."""
    if row["atLeast"] is not None:
        return f"≥ {row['atLeast']:g} ×"
    if row["atMost"] is not None:
        return f"≤ {row['atMost']:g}" + (" ×" if row["ratio"] is not None else "")
    return ""


def is_met(row):
    value = row["ratio"] if row["ratio"] is not None else row["ours"][row["measure"]]
    if row["atLeast"] is not None:
        return value >= row["atLeast"]
    return value <= row["atMost"] if row["atMost"] is not None else None


def others(results):
    """Lines (what, clients, ours, ratio, goal, met) of what is no contest with a rival."""
    rows = results["rows"]
    for key, what, most in (("get-cached-8", "daemon's CPU per cached get", 15), ("store-16", "daemon's CPU per store", 40)):
        if key in rows and not rows[key]["failure"]:
            cost = rows[key]["ours"]["daemonCpu"]
            yield what, str(rows[key]["clients"]), f"{cost:.1f} µs", "", f"≤ {most} µs", cost <= most
    idle, peak = results["idleBytes"] / MEBIBYTE, results["peakBytes"] / MEBIBYTE
    yield "private memory, idle", "", f"{idle:.1f} MiB", "", "≤ 20 MB", results["idleBytes"] <= 20e6
    yield "private memory, whole benchmark", "", f"{peak:.1f} MiB", "", "≤ 64 MB + local cache", (
        results["peakBytes"] <= 64e6 + results.get("localCacheBytes", 0))
    growth = results.get("growth")
    if growth:
        yield (f"query, uncached, p50 at {growth['small']:,} and {growth['large']:,}", "1",
               f"{growth['smallP50']:.0f} → {growth['largeP50']:.0f} µs (a round trip {growth['smallRoundTrip']:.0f} → "
               f"{growth['largeRoundTrip']:.0f})", f"{growth['ratio']:.2f}",
               f"≤ {growth['atMost']} ×", growth["ratio"] <= growth["atMost"])
    flood = results.get("overload")
    if flood:
        clients = str(flood["clients"])
        yield ("overload, goodput of peak", clients, f"{flood['goodput']:,.0f} of {flood['peak']:,.0f}/s",
               f"{flood['goodputShare']:.2f}", f"≥ {flood['goodputAtLeast']} ×", flood["goodputShare"] >= flood["goodputAtLeast"])
        yield ("overload, p99 of accepted", clients, f"{flood['saturatedP99'] / 1000:.1f} → {flood['floodedP99'] / 1000:.1f} ms",
               f"{flood['p99Ratio']:.2f}", f"≤ {flood['p99AtMost']} ×", flood["p99Ratio"] <= flood["p99AtMost"])


def notes(results, before):
    """What has to be said below the table."""
    flood = results.get("overload")
    if flood:
        yield (f"Overload: {flood['offered']:,.0f}/s offered; {flood['goodput']:,.0f} stored, {flood['busy']:,.0f} told busy, "
               f"{flood['heldBack']:,.0f} held back by full sockets, {flood['errors']} other errors.")
    shares = [row["ours"]["clientShare"] for row in results["rows"].values() if not row["failure"]]
    yield ("The load generator against a responder that only answers: "
           + "; ".join(f"{speed['rate']:,.0f}/s with {how}, {speed['cpu']:.2f} µs each"
                       for how, speed in results["generator"].items())
           + (f". In the rows it used {100 * min(shares):.0f} to {100 * max(shares):.0f} % of one processor." if shares else "."))
    yield ("µs/op are processor time, as many ms per 1,000 operations: of the daemon, of PostgreSQL and Redis together, and of "
           "the client. peak MiB is the daemon's private memory in that row.")
    yield "Ours : rival where two figures stand in a column; \"before\" is the ratio that was last kept in results/."
    if before:
        yield f"Before: version {before['version']}."
    yield f"Took {results['took']:.0f} s."
