import BrainClient
import Testing

@testable import brainctl

@Suite struct FailureTests {
    private func failure(_ error: StoreError) -> Failure {
        Failure(.rejected(Rejection(error)), socketPath: "/run/brain.sock")
    }

    @Test func namesTheFieldAndTheOption() {
        let named = failure(.invalid("record.importance", "record.importance must be between 1 and 10, got 11"))
        #expect(
            named.message == "record.importance must be between 1 and 10, got 11" && named.hint == "see --importance")
        let unnamed = failure(.invalid("record.tags[3]", "too long"))
        #expect(unnamed.message == "record.tags[3]: too long" && unnamed.hint == "see --tag")
        let raw = Failure(.rejected(Rejection(.invalid("limit", "limit"))), socketPath: "", namesOptions: false)
        #expect(raw.hint == nil)
    }

    @Test func saysWhatToDo() {
        #expect(failure(StoreError(.busy, "full", retryAfterMilliseconds: 30)).hint == "try again in 30 ms")
        let conflict = failure(StoreError(.versionConflict, "no match", conflict: .current(4)))
        #expect(conflict.hint?.contains("4") == true)
        #expect(failure(StoreError(.internalError, "oops", requestID: "r-1")).hint?.contains("r-1") == true)
        let ids = [MemoryID("m1")].compactMap(\.self)
        #expect(failure(StoreError(.commitUnknown, "broke", ids: ids)).hint?.hasSuffix("brainctl get m1") == true)
        let missing = Failure(.notConnected(reason: "there is no socket", errno: 2), socketPath: "/x")
        #expect(missing.hint?.contains("brain-memoryd --managed") == true && missing.exitCode == .failed)
    }

    @Test func reportsCarryTheProgramsName() {
        let report = ErrorReport(Failure(message: "no", hint: "yes"), terminal: .plain)
        #expect(report.text == "brainctl: no\nhint: yes" && report.status == .failed)
    }
}
