import Foundation
import Testing

@testable import Scheduling

@Suite struct DaemonIdentityTests {
    @Test("what ended here is known to be gone, and of all else it is not said")
    func gone() throws {
        let own = DaemonIdentity.own
        #expect(DaemonIdentity(own.description) == own)
        #expect(!own.isSurelyGone(own.description))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/true")
        try process.run()
        process.waitUntilExit()
        let place = own.description.split(separator: ":")[0]
        #expect(own.isSurelyGone("\(place):\(process.processIdentifier):1:a"))
        // Alive, but begun at another time: the pid is used again.
        #expect(own.isSurelyGone("\(place):1:1:a"))
        for other in ["", "host:12", "elsewhere:\(process.processIdentifier):1:a", "\(place):0:1:a", "\(place):x:1:a"] {
            #expect(!own.isSurelyGone(other), "\(other)")
        }
    }
}
