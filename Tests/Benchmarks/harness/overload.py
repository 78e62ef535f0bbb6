"""What the daemon does when it is asked for four times what it can do, by clients that don't wait."""
import statistics

CLIENTS = 64
# How many requests each client has on the way when saturation is looked for.
DEPTHS = (1, 2, 4, 8)
FACTOR = 4
# After how many seconds of a flood it is measured: for one second the daemon takes it for a passing one, and what it took on
# until then has to be done.
FLOOD_BEGINS = 3


def measure(session):
    """Finds the depth at which most is stored, and compares that with what is stored under four times as many requests."""
    # Long enough for queues and sockets' buffers to fill first: what counts is how it goes on.
    seconds = max(0.8, 2 * session.seconds)
    rounds = session.chosen.rounds
    depths = DEPTHS[::2] if session.chosen.quick else DEPTHS
    session.say(f"overload: looking for saturation with {CLIENTS} clients")
    run = lambda **options: session.ours.run("store-record", clients=CLIENTS, seconds=seconds, warm=seconds / 2, **options)
    trials = {depth: run(depth=depth) for depth in depths}
    fullest = max(depths, key=lambda depth: trials[depth]["rate"])
    # Saturation begins where more requests on the way only wait longer.
    depth = next(depth for depth in depths if trials[depth]["rate"] >= 0.95 * trials[fullest]["rate"])
    saturated, flooded, peaks = [], [], []
    session.say(f"overload: {FACTOR} times the rate of {depth} deep, without waiting")
    for _ in range(rounds):
        saturated.append(run(depth=depth))
        # The peak is where most is stored, which may be more than where saturation begins.
        more = saturated[-1] if fullest == depth else run(depth=fullest)
        peaks.append(max(saturated[-1]["rate"], more["rate"]))
        flooded.append(session.ours.run("store-record", clients=CLIENTS, seconds=seconds, warm=FLOOD_BEGINS,
                                        rate=FACTOR * saturated[-1]["rate"], spared=True))
    middle = lambda measures, name: statistics.median(measure[name] for measure in measures)
    # Of the rounds' ratios, as in the rows: what disturbs a machine disturbs both of a round.
    share = statistics.median(flood["rate"] / peak for flood, peak in zip(flooded, peaks))
    delay = statistics.median(flood["p99"] / calm["p99"] for flood, calm in zip(flooded, saturated))
    return {
        "clients": CLIENTS, "depth": depth, "peak": statistics.median(peaks), "goodput": middle(flooded, "rate"),
        "goodputShare": share, "goodputAtLeast": 0.9,
        "saturatedP99": middle(saturated, "p99"), "floodedP99": middle(flooded, "p99"),
        "p99Ratio": delay, "p99AtMost": 3,
        "offered": FACTOR * middle(saturated, "rate"), "busy": middle(flooded, "busy") / seconds,
        "heldBack": middle(flooded, "heldBack") / seconds, "errors": sum(measure["errors"] for measure in flooded),
        "clientShare": middle(flooded, "clientShare"),
    }
