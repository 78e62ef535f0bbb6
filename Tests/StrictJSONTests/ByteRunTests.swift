import Testing

@testable import StrictJSON

/// Eight bytes at a time find what one at a time finds.
@Suite struct ByteRunTests {
    private typealias Skip = (UnsafeBufferPointer<UInt8>, Int) -> Int

    /// Whatever byte stands wherever, nothing that stops is passed over, and long runs are.
    @Test func nothingThatStopsIsPassedOver() {
        let rules: [(skip: Skip, stops: (UInt8) -> Bool)] = [
            (ByteRun.endOfText, { $0 == 0x22 || $0 == 0x5C }),
            (ByteRun.endOfUnescaped, { $0 == 0x22 || $0 == 0x5C || $0 < 0x20 }),
            (ByteRun.endOfPlainText, { $0 == 0x22 || $0 == 0x5C || $0 < 0x20 || $0 >= 0x80 }),
        ]
        for (skip, stops) in rules {
            for byte in UInt8.min...UInt8.max {
                for place in 0..<19 {
                    var bytes = [UInt8](repeating: 0x61, count: 19)
                    bytes[place] = byte
                    for start in 0...place {
                        let end = bytes.withUnsafeBufferPointer { skip($0, start) }
                        #expect(end >= start && end <= bytes.count)
                        if stops(byte) {
                            #expect(end <= place)
                            #expect(place - end < 8)
                        } else {
                            #expect(bytes.count - end < 8)
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
