internal import Backups
import Foundation
import MemoryModel
import Synchronization

extension BackupWorkers {
    /// The backups in numbers, as of the last look. Reads no file.
    public var figures: BackupFigures {
        let (listings, isListed, status) = state.withLock { ($0.listings, $0.listedAt != nil, $0.stream?.status) }
        let kinds = [BackupKind.dump, .base].filter { $0 == .dump || plan.base != nil }.map { kind in
            let ofKind = listings.filter { $0.kind == kind }
            let newest = ofKind.filter(\.isGood).max {
                ($0.manifest?.startedAt ?? .distantPast) < ($1.manifest?.startedAt ?? .distantPast)
            }
            return BackupFigures.Kind(
                name: kind.rawValue, good: ofKind.count { $0.isGood }, bad: ofKind.count { !$0.isGood },
                newest: newest.flatMap { listing in
                    listing.manifest?.startedAt.timestamp.map { .init(createdAt: $0, bytes: listing.bytes) }
                })
        }
        let wal = status.map { status in
            BackupFigures.WAL(
                isStreaming: status.phase == .streaming, lagBytes: status.lagBytes, lagSeconds: status.lagSeconds,
                receivedPosition: status.receivedLSN?.bytes, restarts: status.restarts)
        }
        return BackupFigures(kinds: isListed ? kinds : nil, wal: wal)
    }
}
