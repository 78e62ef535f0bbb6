import Testing

@testable import SocketServer

@Suite("AnswerWindow")
struct AnswerWindowTests {
    @Test("requests run while what they may answer fits, the others in their order")
    func order() {
        var window = AnswerWindow(maximumBytes: 10)
        var begun: [UInt64] = []
        for token in UInt64(1)...5 where window.enqueue(token, bytes: 4, unread: 0, isMemoryTight: false) {
            begun.append(token)
        }
        #expect(begun == [1, 2])
        let step1 = window.next(unread: 0, isMemoryTight: false)
        #expect(step1 == nil)
        window.finished(bytes: 4)
        // Its answer, of 3 bytes, is not read yet.
        let step2 = window.next(unread: 3, isMemoryTight: false)
        #expect(step2 == nil)
        let step3 = window.next(unread: 2, isMemoryTight: false)
        #expect(step3 == 3)
        let step4 = window.next(unread: 0, isMemoryTight: false)
        #expect(step4 == nil)
        window.finished(bytes: 4)
        window.finished(bytes: 4)
        let step5 = window.next(unread: 0, isMemoryTight: false)
        #expect(step5 == 4)
        let step6 = window.next(unread: 0, isMemoryTight: false)
        #expect(step6 == 5)
        let step7 = window.next(unread: 0, isMemoryTight: false)
        #expect(step7 == nil)
    }

    @Test("one too large for the bound runs alone, and only when all answers are read")
    func tooLarge() {
        var window = AnswerWindow(maximumBytes: 10)
        let step8 = window.enqueue(1, bytes: 100, unread: 0, isMemoryTight: false)
        #expect(step8)
        let step9 = window.enqueue(2, bytes: 100, unread: 0, isMemoryTight: false)
        #expect(!step9)
        window.finished(bytes: 100)
        let step10 = window.next(unread: 1, isMemoryTight: false)
        #expect(step10 == nil)
        let step11 = window.next(unread: 0, isMemoryTight: false)
        #expect(step11 == 2)
    }

    @Test("a small one does not overtake a large one that waits")
    func fairness() {
        var window = AnswerWindow(maximumBytes: 10)
        let step12 = window.enqueue(1, bytes: 5, unread: 0, isMemoryTight: false)
        #expect(step12)
        let step13 = window.enqueue(2, bytes: 10, unread: 0, isMemoryTight: false)
        #expect(!step13)
        let step14 = window.enqueue(3, bytes: 1, unread: 0, isMemoryTight: false)
        #expect(!step14)
        window.finished(bytes: 5)
        let step15 = window.next(unread: 0, isMemoryTight: false)
        #expect(step15 == 2)
    }

    @Test("those that wait can be taken out, those that run can't")
    func removal() {
        var window = AnswerWindow(maximumBytes: 10)
        for token in UInt64(1)...4 { _ = window.enqueue(token, bytes: 10, unread: 0, isMemoryTight: false) }
        let step16 = window.remove(1)
        #expect(!step16)
        let step17 = window.remove(3)
        #expect(step17)
        let step18 = window.remove(3)
        #expect(!step18)
        let step19 = window.removeAll()
        #expect(step19 == [2, 4])
        window.finished(bytes: 10)
        let step20 = window.next(unread: 0, isMemoryTight: false)
        #expect(step20 == nil)
        let step21 = window.enqueue(5, bytes: 10, unread: 0, isMemoryTight: false)
        #expect(step21)
    }

    @Test("while memory is tight one runs at a time, and only when all answers are read")
    func tightMemory() {
        var window = AnswerWindow(maximumBytes: 10)
        let begun = (1...3).map { window.enqueue(UInt64($0), bytes: 2, unread: 0, isMemoryTight: true) }
        #expect(begun == [true, false, false])
        let early = window.next(unread: 0, isMemoryTight: true)
        #expect(early == nil)
        window.finished(bytes: 2)
        let unread = window.next(unread: 1, isMemoryTight: true)
        #expect(unread == nil)
        let read = window.next(unread: 0, isMemoryTight: true)
        #expect(read == 2)
        let relieved = window.next(unread: 1, isMemoryTight: false)
        #expect(relieved == 3)
    }
}
