import DaemonConfiguration
import DaemonLogging
import Foundation
import LogEvents
import Logging
import Synchronization
import SystemdDriver

/// The process's log: where it goes, and what of it may change meanwhile.
struct DaemonLog {
    /// Changes the level and the limit of slow requests.
    let control: LoggingControl

    /// How long the end of the process waits for a log that is not taken.
    private static let patience = Duration.seconds(1)

    /// The pipeline that the end of the process must wait for.
    private static let pipeline = Mutex<LogPipeline?>(nil)

    /// Makes every logger write as configured, from now on. Once in a process.
    init(_ configuration: DaemonConfiguration.Log) {
        let errors = StandardErrorSink(format: configuration.format == .json ? .json : .text)
        let isJournal = Self.goesToJournal(configuration.target)
        self.init(sink: isJournal ? JournalSink(fallback: errors) : errors)
        control.apply(configuration)
        if configuration.target == .journal, !isJournal {
            Logger(label: "brain-memoryd").log(
                .journalAbsent, .warning,
                "log.target is journal, and there is no journald here: the log goes to standard error")
        }
    }

    /// The log of a process that has no configuration, if standard error leads to journald; else nil.
    static func ofJournal() -> DaemonLog? {
        goesToJournal(.auto) ? DaemonLog(sink: JournalSink(fallback: StandardErrorSink(format: .text))) : nil
    }

    private init(sink: any LogSink) {
        let control = LoggingControl()
        let pipeline = LogPipeline(sink: sink)
        Self.pipeline.withLock { $0 = pipeline }
        atexit { DaemonLog.pipeline.withLock { $0 }?.flush(within: DaemonLog.patience) }
        LoggingSystem.bootstrap { _ in DaemonLogHandler(pipeline: pipeline, control: control) }
        self.control = control
    }

    private static func goesToJournal(_ target: DaemonConfiguration.Log.Target) -> Bool {
        switch target {
        case .journal: JournalSink.isPresent
        case .stderr: false
        case .auto:
            JournalSink.isStream(ProcessInfo.processInfo.environment["JOURNAL_STREAM"]) && JournalSink.isPresent
        }
    }
}

extension LoggingControl {
    /// Applies what a reload may change.
    func apply(_ configuration: DaemonConfiguration.Log) {
        apply(
            level: Logger.Level(rawValue: configuration.level.rawValue) ?? .info, slowRequest: configuration.slowRequest
        )
    }
}
