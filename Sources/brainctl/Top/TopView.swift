import BrainClient

/// The live screen as lines: from two samples, and nothing else.
struct TopView {
    /// What happened lately; nil before the first answer.
    let interval: TopInterval?

    /// Why the daemon does not answer; nil: it does.
    let problem: String?

    let screen: Screen

    /// How many lines there are; nil: as many as it takes.
    let height: Int?

    /// Cells that are used at most where the terminal says nothing.
    private static let usualWidth = 100

    /// How many methods and agents are shown where there is room for all.
    private static let rows = 32

    private var width: Int { screen.terminal.width ?? Self.usualWidth }

    /// The lines, each at most as wide as the terminal.
    var lines: [String] {
        var lines = head
        if let interval {
            lines += TopSummary(interval: interval, screen: screen).lines
            let methods = methods(interval)
            let names = interval.now.samples.values(of: "worker", in: TopSample.prefix + "worker_running")
            let rows = Self.share(
                height.map { $0 - lines.count }, above: methods.count,
                below: max(interval.now.agents.count, names.count))
            if rows.above > 0 { lines += [""] + methodTable(Array(methods.prefix(rows.above))) }
            if rows.below > 0 { lines += [""] + agentsAndWorkers(interval.now, names, rows: rows.below) }
        }
        return Array(lines.prefix(height ?? lines.count)).map { fit($0) }
    }

    /// How many rows two tables may have in so many lines (nil: any number), each with a title and a blank line before it.
    /// What one does not need the other gets; a table that has no room for a row is not shown.
    static func share(_ lines: Int?, above: Int, below: Int) -> (above: Int, below: Int) {
        let (above, below) = (min(above, rows), min(below, rows))
        guard let lines else { return (above, below) }
        let room = lines - 4
        if above + below <= room { return (above, below) }
        let lower = min(below, max(room / 2, room - above))
        guard lower > 0 else { return (max(0, min(above, lines - 2)), 0) }
        return (min(above, room - lower), lower)
    }

    // MARK: The first lines

    private var head: [String] {
        let terminal = screen.terminal
        let time = RelativeTime.exact(screen.now)
        guard let interval else {
            return ["brain-memoryd  \(time)", problem.map { terminal.paint(sanitized($0), .red) } ?? "asking…"]
        }
        let now = interval.now
        let version = sanitized(now.samples.all(TopSample.prefix + "build_info").first?.labels["version"] ?? "?")
        let upFor = now.startTime.map { RelativeTime.span(seconds: Int64(max(0, screen.seconds - $0))) } ?? "?"
        guard let problem else { return ["brain-memoryd \(version)  up \(upFor)  \(status(now))  \(time)"] }
        // What follows is how it was when it answered last.
        return [
            "brain-memoryd \(version)  \(time)", terminal.paint("not reachable: \(sanitized(problem))", .red),
        ]
    }

    private func status(_ now: TopSample) -> String {
        let statuses: [(name: String, style: Style)] = [("ok", .green), ("degraded", .yellow), ("unavailable", .red)]
        guard let status = statuses.first(where: { now.value("health", ["status": $0.name]) == 1 }) else { return "" }
        return screen.terminal.paint(status.name, status.style)
    }

    private func sanitized(_ text: String) -> String { DisplayText.sanitized(text) }

    // MARK: Tables

    /// The methods that were called, the busiest first.
    private func methods(_ interval: TopInterval) -> [TopMethod] {
        interval.now.samples.values(of: "method", in: TopSample.prefix + "requests_total")
            .map { TopMethod($0, interval) }.filter { $0.total > 0 }
            .sorted { ($1.rate ?? 0, $1.total, $0.name) < ($0.rate ?? 0, $0.total, $1.name) }
    }

    private func methodTable(_ methods: [TopMethod]) -> [String] {
        var table = Table(
            [
                .init(title: "METHOD", minimum: 22), .init(title: "REQ/S", alignment: .right, minimum: 8),
                .init(title: "ERR/S", alignment: .right, minimum: 7),
                .init(title: "P50", alignment: .right, minimum: 8),
                .init(title: "P99", alignment: .right, minimum: 8), .init(title: "TOTAL", alignment: .right),
            ], on: tableTerminal(width))
        return table.lines(
            methods.map { method in
                [
                    .init(method.name), .init(TopText.rate(method.rate)),
                    .init(TopText.rate(method.errorRate), (method.errorRate ?? 0) > 0 ? .red : nil),
                    .init(TopText.latency(method.latencies.quantile(0.5))),
                    .init(TopText.latency(method.latencies.quantile(0.99))),
                    .init(Numbers.grouped(Int64(method.total))),
                ]
            })
    }

    /// Two tables side by side where the lines are wide enough, else one below the other.
    private func agentsAndWorkers(_ now: TopSample, _ workers: [String], rows: Int) -> [String] {
        let gap = 3
        let agentWidth = min(40, (width - gap) * 4 / 10)
        let agents = agentTable(now.agents, rows: rows, width: agentWidth)
        let workers = workerTable(workers, now, rows: rows, width: width - gap - agentWidth)
        return (0..<max(agents.count, workers.count)).map { index in
            let left = index < agents.count ? agents[index] : ""
            guard index < workers.count else { return left }
            let padding = agentWidth - TopText.visibleWidth(left)
            return left + String(repeating: " ", count: max(0, padding) + gap) + workers[index]
        }
    }

    private func agentTable(_ agents: [MetricsReport.AgentActivity], rows: Int, width: Int) -> [String] {
        var table = Table(
            [
                .init(title: "AGENT", minimum: 8), .init(title: "REQ/MIN", alignment: .right, minimum: 7),
                .init(title: "ERR", alignment: .right, minimum: 3),
            ], on: tableTerminal(width))
        return table.lines(
            agents.prefix(rows).map { agent in
                [
                    .init(agent.agentID.value), .init(Numbers.grouped(Int64(agent.requests.rounded()))),
                    .init(Numbers.grouped(Int64(agent.errors.rounded())), agent.errors >= 0.5 ? .red : nil),
                ]
            })
    }

    private func workerTable(_ names: [String], _ now: TopSample, rows: Int, width: Int) -> [String] {
        guard !names.isEmpty else { return [] }
        var table = Table(
            [
                .init(title: "WORKER", minimum: 14), .init(title: "AGO", minimum: 6),
                .init(title: "TOOK", alignment: .right, minimum: 4), .init(title: "NEXT IN", minimum: 7),
                .init(title: "FAILED", alignment: .right, minimum: 6),
            ], on: tableTerminal(width))
        return table.lines(names.prefix(rows).map { TopWorker($0, now).cells(screen) })
    }

    private func tableTerminal(_ width: Int) -> Terminal {
        Terminal(isInteractive: screen.terminal.isInteractive, width: width, hasColors: screen.terminal.hasColors)
    }

    /// A line that is too long loses its colours with its end.
    private func fit(_ line: String) -> String {
        guard TopText.visibleWidth(line) > width else { return line }
        return DisplayText.cut(TopText.withoutStyles(line), to: width)
    }
}

extension Screen {
    /// The present time in seconds since 1970.
    var seconds: Double { Double(now.microseconds) / 1e6 }
}
