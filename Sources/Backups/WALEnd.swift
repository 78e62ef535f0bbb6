/// Where `pg_waldump` came to the end of what it could read.
package struct WALEnd: Equatable, Sendable {
    /// The beginning of the last record that it read, where it says so.
    package var lastRecord: WALLocation?
    /// The first place that holds no record.
    package var location: WALLocation
    /// PostgreSQL's words for why.
    package var reason: String

    /// Reads its last error message. `fallback` is the end of the last file, which it reaches without naming a place.
    /// Nil when the message is of another kind: the files can't be read, say.
    ///
    /// The forms are those of PostgreSQL 15 to 17: "error in WAL record at A: invalid record length at B: wanted 24, got 0";
    /// "could not find file"; "could not find a valid record after A".
    init?(message: String, fallback: WALLocation) {
        if let mark = message.firstRange(of: "error in WAL record at ") {
            let rest = message[mark.upperBound...]
            guard let colon = rest.firstRange(of: ": "), let record = WALLocation(rest[..<colon.lowerBound]) else {
                return nil
            }
            reason = String(rest[colon.upperBound...])
            lastRecord = record
            location = Self.lastLocation(in: reason) ?? record
        } else if let mark = message.firstRange(of: "could not find a valid record after ") {
            guard let place = WALLocation(message[mark.upperBound...].prefix { !$0.isWhitespace }) else { return nil }
            (lastRecord, location, reason) = (nil, place, "no valid record after \(place)")
        } else if message.contains("could not find file") || message.contains("could not open file") {
            (lastRecord, location, reason) = (nil, fallback, "the last file ends")
        } else {
            return nil
        }
    }

    private static func lastLocation(in text: String) -> WALLocation? {
        text.split { $0 == " " || $0 == "," || $0 == ":" || $0 == ";" }.lazy.reversed()
            .compactMap { $0.contains("/") ? WALLocation($0) : nil }.first
    }
}

/// Tells a log that ends, because no more of it had been received, from one that is damaged at its end.
enum WALTail {
    /// PostgreSQL's pages of log, in bytes, and the headers that they begin with; the first of a segment has a longer one.
    private static let pageBytes = 8192
    private static let pageHeaderBytes = 24
    private static let firstHeaderBytes = 40
    private static let recordHeaderBytes = 24

    /// Whether a record that is there whole can't be read. `segment` is the whole file's content, zeros where nothing was
    /// received; `offset` the place in it that holds no readable record.
    ///
    /// Source: PostgreSQL's access/xlogrecord.h and xlog_internal.h: a record begins with its length, and goes on behind
    /// the header of the next page.
    static func isDamaged(_ segment: [UInt8], at offset: Int) -> Bool {
        guard let last = segment.lastIndex(where: { $0 != 0 }) else { return false }
        var start = offset
        if start % pageBytes == 0 { start += start == 0 ? firstHeaderBytes : pageHeaderBytes }
        guard last >= start, start + 4 <= segment.count else { return false }
        let length = (0..<4).reduce(0) { $0 | Int(segment[start + $1]) << (8 * $1) }
        guard length >= recordHeaderBytes else { return true }
        var rest = length
        var position = start
        while rest > 0 {
            let room = pageBytes - position % pageBytes
            let part = min(room, rest)
            rest -= part
            position += part
            if rest > 0 { position += pageHeaderBytes }
            // It goes on beyond the segment: it can't have been received whole.
            if position > segment.count { return false }
        }
        return position <= last + 1
    }
}
