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
    /// The configuration was read anew and what is reloadable of it is in force.
    case reloaded
    /// The configuration was to be read anew and is not right: the old one stays in force.
    case reloadRefused
    /// The daemon serves a socket that the service manager made.
    case socketTaken
    /// A part of the daemon does not turn; the service manager's watchdog restarts the daemon if that lasts.
    case partHangs
    /// The parts that did not turn do so again.
    case partTurns
    /// What the service manager is to be told does not reach it.
    case managerUnreachable

    /// 32 hexadecimal digits, the same for ever: journald's `MESSAGE_ID`.
    public var messageID: String {
        switch self {
        case .starting: "a9461ca4a1a64669aedb4d999187d695"
        case .ready: "40b402c3ae5a4d2d85b6212bd69c795e"
        case .stopping: "c67539de3ec14205b0a56ae0e99337ed"
        case .stopped: "0320d13dae0e4758b3bb3cd4e9171d1d"
        case .failed: "02cdaf47a25a40a0973ed56903abda33"
        case .reloaded: "105e5d17f75f4570ab08ec00c9c24b16"
        case .reloadRefused: "26c3e05323664e368017905a0569edd5"
        case .socketTaken: "36521462455e46159d521228654d00c1"
        case .partHangs: "3187738aa27b47239d7315696cd986d7"
        case .partTurns: "8d5f3dd787cb4aaaa2d4ee8494f1c6bc"
        case .managerUnreachable: "dc86d7722db349efa4db439a6f9990dd"
        }
    }
}
