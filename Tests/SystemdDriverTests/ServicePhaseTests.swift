import Testing

@testable import SystemdDriver

@Suite struct ServicePhaseTests {
    private typealias Step = (event: ServicePhase.Event, messages: [ServiceMessage])

    private func run(_ steps: [Step]) {
        var phase = ServicePhase()
        for (number, step) in steps.enumerated() {
            #expect(phase.messages(for: step.event) == step.messages, "step \(number): \(step.event)")
        }
    }

    @Test("the life of a service, told in order")
    func life() {
        let patience = ServiceMessage.extendTimeout(.seconds(30))
        run([
            (.says("waiting"), [.status("waiting")]), (.says("waiting"), []),
            (.proves, [patience]),
            (.serves, [.ready]), (.serves, []),
            (.proves, [.watchdog]),
            (.reloads(atMicroseconds: 7), [.reloading(sinceMicroseconds: 7)]),
            (.proves, [.watchdog]),
            (.reloads(atMicroseconds: 8), []),
            (.reloaded, [.ready]), (.reloaded, []),
            (.stops, [.stopping, patience]), (.stops, []),
            (.proves, [patience]),
            (.serves, []), (.reloads(atMicroseconds: 9), []),
        ])
    }

    @Test("a reload of a service that is not ready does not make it so")
    func earlyReload() {
        run([(.reloads(atMicroseconds: 1), []), (.reloaded, []), (.serves, [.ready])])
    }

    @Test(
        "assignments as sd_notify takes them",
        arguments: [
            (ServiceMessage.ready, "READY=1"), (.stopping, "STOPPING=1"), (.watchdog, "WATCHDOG=1"),
            (.reloading(sinceMicroseconds: 12), "RELOADING=1\nMONOTONIC_USEC=12"),
            (.extendTimeout(.milliseconds(1_500)), "EXTEND_TIMEOUT_USEC=1500000"),
            (.extendTimeout(.seconds(-1)), "EXTEND_TIMEOUT_USEC=0"),
            // Another assignment must not be smuggled in with the words of an error.
            (.status("a\nREADY=1\u{7}"), "STATUS=a READY=1 "),
        ])
    func assignments(message: ServiceMessage, text: String) {
        #expect(message.assignments == text)
    }

    @Test("a long status is cut at a whole character")
    func longStatus() {
        let text = ServiceMessage.status(String(repeating: "é", count: 2_000)).assignments
        #expect(text.utf8.count <= ServiceMessage.maximumStatusBytes + "STATUS=".utf8.count)
        #expect(text.hasPrefix("STATUS=éé") && text.hasSuffix("é…"))
    }
}
