import Foundation
import ManagedPostgres
import MemoryModel
import Testing

@testable import Backups

/// The pure parts: names, what PostgreSQL's programs print, what goes when archives are pruned.
@Suite("WAL: parts")
struct PartsTests {
    @Test("names of segments, histories and folders, and nothing else")
    func names() throws {
        let size = WALSegment.usualBytes
        let segment = try #require(WALSegment(fileName: "00000002000000010000000A", segmentBytes: size))
        #expect(segment == WALSegment(timeline: 2, number: 266))
        #expect(segment.fileName(segmentBytes: size) == "00000002000000010000000A")
        #expect("\(segment.start(segmentBytes: size))" == "1/A000000")
        for name in [
            "", "00000001000000000000000g", "000000010000000000000100", "00000001000000000000000a", "x.partial",
        ] {
            #expect(WALSegment(fileName: name, segmentBytes: size) == nil, "\(name)")
        }
        #expect(WALTimelineHistory.timeline(fileName: "0000001A.history") == 26)
        let folder = WALFolder(systemIdentifier: "731", timeline: 3, date: Date(timeIntervalSince1970: 1_800_000_000))
        #expect(folder.name == "731-00000003-20270115T080000Z" && WALFolder(name: folder.name) == folder)
        #expect(WALFolder(name: "731-3-x") == nil && WALFolder(name: "incomplete-1") == nil)
        #expect(WALLocation("0/3000028")?.bytes == 0x300_0028 && WALLocation("0/-1") == nil && WALLocation("1") == nil)
    }

    @Test("a history file")
    func history() throws {
        let text = "1\t0/596D2D0\tno recovery target specified\n\n2\t0/6000000\tbefore 2026\n"
        let history = try #require(WALTimelineHistory(timeline: 3, text: text))
        let start = try #require(WALLocation("0/2000000"))
        #expect(history.stretches(from: 1, start: start)?.map(\.timeline) == [1, 2, 3])
        #expect(history.stretches(from: 4, start: start) == nil)
        #expect(WALTimelineHistory(timeline: 3, text: "nonsense") == nil)
        #expect(WALTimelineHistory(timeline: 2, text: "3\t0/1\n") == nil)
    }

    @Test("where pg_waldump ended")
    func ends() throws {
        let fallback = WALLocation(bytes: 99)
        let end = WALEnd(
            message:
                "pg_waldump: error: error in WAL record at 0/596D2A8: invalid record length at 0/596D2D0: wanted 24, got 0",
            fallback: fallback)
        #expect(end?.lastRecord == WALLocation("0/596D2A8") && end?.location == WALLocation("0/596D2D0"))
        let file = WALEnd(message: "pg_waldump: error: could not find file \"0001\": No such file", fallback: fallback)
        #expect(file?.location == fallback)
        #expect(WALEnd(message: "pg_waldump: error: could not open directory", fallback: fallback) == nil)
    }

    @Test("a log that ends is told from one that is damaged at its end")
    func tail() {
        var segment = [UInt8](repeating: 0, count: 4 * 8192)
        #expect(!WALTail.isDamaged(segment, at: 512))
        // A record of 100 bytes, all there.
        segment[512] = 100
        for index in 516..<612 { segment[index] = 1 }
        #expect(WALTail.isDamaged(segment, at: 512))
        // Of 200 bytes, half of it received.
        segment[512] = 200
        #expect(!WALTail.isDamaged(segment, at: 512))
        // Something behind zeros.
        segment[512] = 0
        #expect(WALTail.isDamaged(segment, at: 512))
    }

    @Test("transactions that took rows away are counted, those of the catalogs and aborted ones are not")
    func tally() throws {
        func line(_ id: Int, _ text: String) -> String {
            "rmgr: Heap        len (rec/tot):     54/    54, tx:        \(id), lsn: 0/05958188, prev 0/05958150, desc: \(text)"
        }
        var tally = WALTransactionTally(minimumRows: 2, since: nil)
        for number in 0..<3 {
            tally.take(line(728, "DELETE off \(number) flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/5/16384 blk 2162"))
            tally.take(
                line(729, "UPDATE off 2 xmax 729 flags 0x60 ; new off 3 xmax 0, blkref #0: rel 1663/5/1259 blk 0"))
            tally.take(line(731, "DELETE off \(number) flags 0x00 KEYS_UPDATED , blkref #0: rel 1663/5/16384 blk 2162"))
        }
        tally.take(line(731, "ABORT 2026-11-26 03:08:34.816734 UTC"))
        tally.take(line(728, "COMMIT 2026-11-26 03:08:34.816734 UTC"))
        tally.take(line(729, "COMMIT 2026-11-26 03:08:34.929285 UTC"))
        tally.take(line(730, "COMMIT 2026-11-26 03:08:34.952965 UTC; rels: base/5/16384; inval msgs: catcache 55"))
        #expect(tally.transactions.map(\.id) == [730, 728])
        #expect(tally.transactions[0].removedFiles == 1 && tally.transactions[1].deleted == 3)
        #expect("\(tally.transactions[1].committedAt)" == "2026-11-26T03:08:34.816734Z")
        let lines = RestoreDeletions(
            entries: [.init(timeline: 1, transaction: tally.transactions[1])], newestTimeline: 2
        ).lines(command: "brain-memoryd restore")
        #expect(lines[1].hasSuffix("brain-memoryd restore --before-xid 728 --timeline 1"))
    }

    @Test("lag counts from when log was first seen that is not received")
    func lag() {
        var lag = WALLag()
        let place = { (bytes: UInt64) in WALLocation(bytes: bytes) }
        #expect(lag.take(server: place(10), received: place(10), now: .seconds(1)) == .zero)
        #expect(lag.take(server: place(20), received: place(10), now: .seconds(2)) == .zero)
        #expect(lag.take(server: place(30), received: place(10), now: .seconds(5)) == .seconds(3))
        #expect(lag.take(server: place(40), received: place(25), now: .seconds(6)) == .seconds(1))
        #expect(lag.take(server: place(40), received: place(40), now: .seconds(7)) == .zero)
    }

    @Test("what the recovery's log tells")
    func log() {
        var log = RecoveryLog()
        for line in [
            "[1] LOG:  redo in progress, elapsed time: 0.10 s, current LSN: 0/3891F08",
            "[1] LOG:  invalid record length at 0/596D2D0: wanted 24, got 0",
            "[1] LOG:  redo done at 0/596D2A8 system usage: CPU: user: 0.39 s, system: 0.08 s, elapsed: 0.48 s",
            "[1] LOG:  last completed transaction was at log time 2026-11-26 03:08:34.982008+00",
            "[1] LOG:  selected new timeline ID: 2",
            "[1] LOG:  database system is ready to accept connections",
        ] { log.take(line) }
        #expect(log.replayed == "0/3891F08" && log.lastRecord == "0/596D2A8" && log.newTimeline == 2 && log.isReady)
        #expect(log.lastTransaction.flatMap { RestoreText.time(postgres: $0) } == "2026-11-26T03:08:34.982008Z")
        log.take("[1] FATAL:  recovery ended before configured recovery target was reached")
        #expect(log.hasMissedTarget && log.end?.hasPrefix("invalid record length") == true)
    }

    @Test("pruning keeps what the oldest kept base needs, and the newest of each cluster")
    func pruning() {
        func base(_ system: String, _ segment: UInt64) -> BackupManifest {
            var manifest = BackupManifest(
                id: "b", kind: .base, startedAt: Date(), reason: "", productVersion: "", serverVersion: "")
            manifest.systemIdentifier = system
            manifest.startLSN = "\(WALLocation(bytes: segment * WALSegment.usualBytes))"
            return manifest
        }
        func name(_ timeline: UInt32, _ number: UInt64) -> String {
            WALSegment(timeline: timeline, number: number).fileName(segmentBytes: WALSegment.usualBytes)
        }
        let old = WALFolder(systemIdentifier: "1", timeline: 1, date: Date(timeIntervalSince1970: 0))
        let new = WALFolder(systemIdentifier: "1", timeline: 2, date: Date(timeIntervalSince1970: 9))
        let other = WALFolder(systemIdentifier: "2", timeline: 1, date: Date(timeIntervalSince1970: 5))
        let content = [
            old: [name(1, 1), name(1, 2) + ".partial"], new: [name(2, 2), name(2, 3), name(2, 4), "00000002.history"],
            other: [name(1, 1), name(1, 2)],
        ]
        let pruning = WALPruning(content: content, keepingFor: [base("1", 4), base("1", 3)])
        #expect(pruning.folders == [old] && pruning.files == [new: [name(2, 2)]])
        #expect(WALPruning(content: content, keepingFor: [base("1", 2)]).folders.isEmpty)
        let late = WALPruning(content: content, keepingFor: [base("1", 99), base("2", 99)])
        #expect(late.files[new] == [name(2, 2), name(2, 3)] && late.files[other] == [name(1, 1)])
        #expect(WALPruning(content: content, keepingFor: []) == WALPruning(content: [:], keepingFor: []))
    }
}
