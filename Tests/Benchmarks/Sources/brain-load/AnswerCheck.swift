import CLinux
import Glibc

/// Checks answers without decoding them: that each is a result, has what the request's file says, and, where that is
/// asked for, is equal to the first answer to the same request but for its id and `servedFrom`.
final class AnswerCheck {
    /// What an answer is.
    enum Kind {
        case result(servedFrom: Source)
        case busy
        case error(String)
    }

    /// Where the daemon took a result from, if it says so.
    enum Source {
        case cache
        case store
        case unsaid
    }

    private let requests: RequestFile
    private let isSameAnswer: Bool
    private var first: [UnsafeMutableRawBufferPointer?]
    private let servedFrom: UnsafeMutableRawBufferPointer
    private let number = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 16)

    init(requests: RequestFile, isSameAnswer: Bool) {
        self.requests = requests
        self.isSameAnswer = isSameAnswer
        first = Array(repeating: nil, count: isSameAnswer ? requests.templates.count : 0)
        servedFrom = Self.bytes("\"servedFrom\":\"")
    }

    /// The id of an answer.
    static func id(of answer: UnsafeRawBufferPointer) throws -> Int {
        let start = RequestFile.idPosition - 4
        guard answer.count > start + RequestFile.idDigits + 11 else {
            throw LoadError("a short answer: \(text(answer))")
        }
        var id = 0
        for index in start..<(start + RequestFile.idDigits) {
            let digit = Int(answer[index]) - 48
            guard (0...9).contains(digit) else { throw LoadError("an answer without our id: \(text(answer))") }
            id = id * 10 + digit
        }
        return id
    }

    /// Throws unless the answer to a request, whose first placeholder became `number`, is what it should be.
    func check(_ answer: UnsafeRawBufferPointer, template: Int, number: Int) throws -> Kind {
        let afterID = RequestFile.idPosition - 4 + RequestFile.idDigits
        guard answer[afterID + 2] == UInt8(ascii: "r") else { return failure(answer) }
        guard let base = answer.baseAddress, let served = servedFrom.baseAddress else {
            throw LoadError("an empty answer")
        }
        // The last of an answer, as far as we know; wherever else it stands, it is found, at more cost.
        var place = max(0, answer.count - servedFrom.count - 8)
        var source = Source.unsaid
        if memcmp(base + place, served, servedFrom.count) != 0 {
            let hit = find_bytes(base, answer.count, servedFrom.baseAddress, servedFrom.count)
            place = hit.map { UnsafeRawPointer($0) - base } ?? answer.count
        }
        if place < answer.count {
            place += servedFrom.count
            source = answer[place] == UInt8(ascii: "c") ? .cache : .store
        }
        guard isSameAnswer, let known = first[template] else {
            try checkFragments(answer, template: template, number: number)
            if isSameAnswer { first[template] = Self.copy(answer) }
            return .result(servedFrom: source)
        }
        let tail = min(answer.count, place + 5)
        guard known.count == answer.count, let knownBase = known.baseAddress,
            memcmp(base + afterID, knownBase + afterID, min(place, answer.count) - afterID) == 0,
            memcmp(base + tail, knownBase + tail, answer.count - tail) == 0
        else {
            throw LoadError("another answer than before: \(Self.text(answer)) instead of \(Self.text(.init(known)))")
        }
        return .result(servedFrom: source)
    }

    private func checkFragments(_ answer: UnsafeRawBufferPointer, template: Int, number value: Int) throws {
        for fragment in requests.templates[template].fragments {
            var wanted = fragment.bytes
            if let position = fragment.numberPosition {
                number.copyMemory(from: UnsafeRawBufferPointer(fragment.bytes))
                wanted = UnsafeMutableRawBufferPointer(rebasing: number[..<fragment.bytes.count])
                guard let base = wanted.baseAddress else { continue }
                write(value, digits: RequestFile.numberDigits, to: base + position)
            }
            guard find_bytes(answer.baseAddress, answer.count, wanted.baseAddress, wanted.count) != nil else {
                throw LoadError("no \(Self.text(.init(wanted))) in the answer \(Self.text(answer))")
            }
        }
    }

    private func failure(_ answer: UnsafeRawBufferPointer) -> Kind {
        let text = Self.text(answer)
        let busy = Array("\"kind\":\"busy\"".utf8)
        return find_bytes(answer.baseAddress, answer.count, busy, busy.count) != nil ? .busy : .error(text)
    }

    static func text(_ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes.prefix(600), as: UTF8.self)
    }

    private static func bytes(_ text: String) -> UnsafeMutableRawBufferPointer {
        var text = text
        return text.withUTF8 { copy(UnsafeRawBufferPointer($0)) }
    }

    private static func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutableRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
        copy.copyMemory(from: bytes)
        return copy
    }
}
