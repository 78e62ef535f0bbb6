/// How far a restore is, for whoever watches.
package enum RestoreProgress: Equatable, Sendable {
    /// Backups and WAL are being checked; what exactly.
    case checking(String)
    /// So many bytes of so many are copied.
    case copying(bytes: Int64, of: Int64)
    /// WAL is replayed up to a place, from one to another.
    case replaying(WALLocation, from: WALLocation, to: WALLocation)
    /// A dump is read back.
    case loading(String)
    /// What came back is counted.
    case counting

    /// What is done, in a word or two.
    package var label: String {
        switch self {
        case .checking(let what): "checking \(what)"
        case .copying: "copying"
        case .replaying: "replaying WAL"
        case .loading(let what): "loading \(what)"
        case .counting: "counting"
        }
    }

    /// How much of it is done, 0 to 1; nil where that is not known.
    package var fraction: Double? {
        switch self {
        case .copying(let bytes, let all): all > 0 ? min(Double(bytes) / Double(all), 1) : 1
        case .replaying(let place, let start, let end):
            end > start ? min(Double(max(place, start).bytes - start.bytes) / Double(end.bytes - start.bytes), 1) : 1
        case .checking, .loading, .counting: nil
        }
    }
}
