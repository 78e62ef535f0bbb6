import MemoryService
import Synchronization
import Testing

@testable import SocketServer

@Suite("What is taken on, of all users together and of each")
struct AdmissionTests {
    private static let (amy, bob): (UInt32, UInt32) = (1, 2)

    private static func bounds(inFlight: Int = 100, bytes: Int = 100) -> AdmissionBounds {
        AdmissionBounds(maximumInFlight: inFlight, maximumBytes: bytes)
    }

    @Test("admission counts requests and bytes")
    func totals() {
        let admission = Admission(Self.bounds(inFlight: 2))
        #expect(admission.admit(of: Self.amy) == nil && admission.admit(of: Self.bob) == nil)
        #expect(admission.admit(of: Self.amy) == .full)
        #expect(admission.inFlight == 2)
        #expect(admission.release(of: Self.bob) == [])
        #expect(admission.admit(of: Self.amy) == nil)
        _ = admission.release(of: Self.amy)
        _ = admission.hold(bytes: 99, of: Self.amy)
        #expect(!admission.isMemoryShort(for: Self.bob) && admission.admit(of: Self.bob) == nil)
        _ = admission.release(of: Self.bob)
        _ = admission.hold(bytes: 1, of: Self.bob)
        #expect(admission.isMemoryShort(for: Self.amy) && admission.admit(of: Self.amy) == .full)
        _ = admission.hold(bytes: -99, of: Self.amy)
        #expect(!admission.isMemoryShort(for: Self.amy) && admission.inFlight == 1)
    }

    @Test("a user's requests are refused at its bound, while another's are not")
    func requestsOfOneUser() {
        var bounds = Self.bounds()
        bounds.maximumInFlightPerUser = 4
        let admission = Admission(bounds)
        for _ in 0..<4 { #expect(admission.admit(of: Self.amy) == nil) }
        #expect(admission.admit(of: Self.amy) == .user(.inFlight, limit: 4, isNew: true))
        #expect(admission.admit(of: Self.amy) == .user(.inFlight, limit: 4, isNew: false))
        #expect(admission.admit(of: Self.bob) == nil)
        // It is told once that the bound was reached, and that it is well below it: so not at each request around it.
        #expect(admission.release(of: Self.amy) == [.inFlight])
        #expect(admission.release(of: Self.amy) == [])
        #expect(admission.admit(of: Self.amy) == nil && admission.admit(of: Self.amy) == nil)
        #expect(admission.admit(of: Self.amy) == .user(.inFlight, limit: 4, isNew: true))
    }

    @Test("a user's bytes are bounded, while another's are not")
    func bytesOfOneUser() {
        var bounds = Self.bounds()
        bounds.maximumBytesPerUser = 40
        let admission = Admission(bounds)
        _ = admission.hold(bytes: 20, of: Self.amy)
        #expect(admission.isMemoryTight(for: Self.amy) && !admission.isMemoryTight(for: Self.bob))
        _ = admission.hold(bytes: 20, of: Self.amy)
        #expect(admission.isMemoryShort(for: Self.amy) && !admission.isMemoryShort(for: Self.bob))
        #expect(admission.admit(of: Self.amy) == .user(.bufferedBytes, limit: 40, isNew: true))
        #expect(admission.admit(of: Self.bob) == nil)
        #expect(admission.hold(bytes: -5, of: Self.amy) == [])
        #expect(admission.hold(bytes: -5, of: Self.amy) == [.bufferedBytes])
    }

    @Test("a user's connections are bounded, while another's are not")
    func connectionsOfOneUser() {
        var bounds = Self.bounds()
        (bounds.maximumConnections, bounds.maximumConnectionsPerUser) = (3, 2)
        let admission = Admission(bounds)
        #expect(admission.admitConnection(of: Self.amy) == nil && admission.admitConnection(of: Self.amy) == nil)
        #expect(admission.admitConnection(of: Self.amy) == .user(.connections, limit: 2, isNew: true))
        #expect(admission.admitConnection(of: Self.bob) == nil)
        #expect(admission.admitConnection(of: 3) == .full)
        #expect(admission.releaseConnection(of: Self.amy) == [.connections])
        #expect(admission.admitConnection(of: 3) == nil)
    }

    @Test("users who are gone are forgotten")
    func forgotten() {
        let admission = Admission(Self.bounds())
        for uid in UInt32(1)...50 {
            #expect(admission.admitConnection(of: uid) == nil)
            _ = admission.releaseConnection(of: uid)
        }
        #expect(admission.state.withLock { $0.users.isEmpty })
    }

    @Test("admission holds under threads")
    func underThreads() async {
        let admission = Admission(Self.bounds(inFlight: 5))
        let admitted = await withTaskGroup(of: Int.self, returning: Int.self) { group in
            for uid in UInt32(0)..<8 {
                group.addTask { (0..<1_000).filter { _ in admission.admit(of: uid % 3) == nil }.count }
            }
            return await group.reduce(0, +)
        }
        #expect(admitted == 5 && admission.inFlight == 5)
    }
}
