import Testing

@testable import StrictJSON

/// Eight bytes at a time find what one at a time finds.
@Suite struct ByteRunTests {
    private typealias Find = (UnsafeBufferPointer<UInt8>, Int) -> Int

    /// Whatever byte stands wherever, and whatever stands after it, the first that stops is found.
    @Test func theFirstThatStopsIsFound() {
        let rules: [(find: Find, stops: (UInt8) -> Bool)] = [
            (ByteRun.endOfText, { $0 == 0x22 || $0 == 0x5C }),
            (ByteRun.endOfEscapeFree, { $0 == 0x5C }),
            (ByteRun.endOfUnescaped, { $0 == 0x22 || $0 == 0x5C || $0 < 0x20 }),
            (ByteRun.endOfPlainText, { $0 == 0x22 || $0 == 0x5C || $0 < 0x20 || $0 >= 0x80 }),
        ]
        for (find, stops) in rules {
            for byte in UInt8.min...UInt8.max {
                for (length, after) in [(19, 0x61), (19, 0x5C), (19, 0x23), (19, 0x5D), (5, 0x61)] {
                    for place in 0..<length {
                        var bytes = [UInt8](repeating: 0x61, count: length)
                        bytes[place] = byte
                        for index in place + 1..<max(length, place + 1) { bytes[index] = UInt8(after) }
                        for start in 0...place {
                            let end = bytes.withUnsafeBufferPointer { find($0, start) }
                            #expect(end == bytes[start...].firstIndex(where: stops) ?? length)
                        }
                    }
                }
            }
        }
    }

    @Test func whatIsNotPlainIsEscapedInItsPlace() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<11 {
                var bytes = [UInt8](repeating: 0x61, count: 11)
                bytes[place] = byte
                var (quickly, slowly): ([UInt8], [UInt8]) = ([], [])
                JSONStringEncoder.append(bytes, to: &quickly)
                JSONStringEncoder.append(bytes.lazy.map { $0 }, to: &slowly)
                #expect(quickly == slowly)
            }
        }
    }
}
