/// The kinds of things that the daemon tells of in its log.
///
/// Each has an entry in `systemd/brain-memoryd.catalog` under its ``messageID``, which `journalctl -x` shows: what it means,
/// and what to do. The names and ids are for operators' filters and never change their meaning.
public enum LogEvent: String, CaseIterable, Sendable {
    /// The daemon begins.
    case starting
    /// The daemon is ready for callers.
    case ready
    /// The daemon was told to stop.
    case stopping
    /// The daemon has stopped as it should.
    case stopped
    /// The daemon ends since it can't go on.
    case failed
    /// The metrics could not be written to the textfile folder.
    case textfileFailed
    /// They are written again.
    case textfileWritten

    /// 32 hexadecimal digits, the same for ever: journald's `MESSAGE_ID`.
    public var messageID: String {
        switch self {
        case .starting: "a9461ca4a1a64669aedb4d999187d695"
        case .ready: "40b402c3ae5a4d2d85b6212bd69c795e"
        case .stopping: "c67539de3ec14205b0a56ae0e99337ed"
        case .stopped: "0320d13dae0e4758b3bb3cd4e9171d1d"
        case .failed: "02cdaf47a25a40a0973ed56903abda33"
        case .textfileFailed: "4a85ea9e468547e793ed05e58d1127f5"
        case .textfileWritten: "7cef26a442d142ecb29bd3447d13314c"
        }
    }
}
