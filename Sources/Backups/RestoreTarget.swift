import MemoryModel

/// Up to where the log is replayed.
package enum RestoreTarget: Equatable, Sendable {
    /// As far as there is log.
    case end
    /// Up to the last transaction that was committed by then.
    case time(Timestamp)
    /// Up to and with the record at this place.
    case location(WALLocation)
    /// Up to the last record before this place, where the log was left for another timeline.
    case fork(WALLocation)
    /// Up to just before this transaction's commit. `at` is where that is in the log.
    case beforeTransaction(UInt32, at: WALLocation)

    /// The server's settings that mean it (PostgreSQL manual, 20.5.6 "Recovery Target").
    package var settings: [(name: String, value: String)] {
        switch self {
        case .end: []
        // Where this is read, PostgreSQL knows no names of time zones yet, Z among them.
        case .time(let time):
            [("recovery_target_time", "\(time)".replacing("T", with: " ").replacing("Z", with: "+00"))]
        case .location(let location): [("recovery_target_lsn", "\(location)")]
        case .fork(let location):
            [("recovery_target_lsn", "\(location)"), ("recovery_target_inclusive", "off")]
        case .beforeTransaction(let id, _): [("recovery_target_xid", "\(id)"), ("recovery_target_inclusive", "off")]
        }
    }

    /// In words: "to the end of the archived WAL", "to 2026-11-26T03:00:00.000000Z".
    package var phrase: String {
        switch self {
        case .end: "to the end of the archived WAL"
        case .time(let time): "to \(time)"
        case .fork(let location): "to where the next timeline begins, \(location)"
        case .location(let location): "to WAL location \(location)"
        case .beforeTransaction(let id, let location): "to just before transaction \(id), committed at \(location)"
        }
    }
}
