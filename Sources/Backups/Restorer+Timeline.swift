import Foundation
import ManagedPostgres
import ProcessSupervision

extension Restorer {
    /// Puts the beginning of a restored cluster's timeline into the archive: its history, at once, so that no other restore
    /// gives its number to another one; and its segments before the current one, from which a stream will go on.
    ///
    /// - Parameters:
    ///   - cluster: the restored cluster, shut down.
    ///   - current: the name of the segment that was written last.
    /// - Returns: what did not succeed, for a warning.
    func archiveTimeline(
        _ timeline: UInt32?, _ plan: RestorePlan, _ cluster: String, _ current: String
    ) async -> String? {
        guard let timeline, let system = plan.base.systemIdentifier else { return nil }
        let folders = configuration.folders
        do {
            try await queue.run { () throws(ManagedServerError) in
                let folder = WALFolder(systemIdentifier: system, timeline: timeline, date: Date())
                let path = folders.wal + "/" + folder.name
                _ = try ServerFiles.makeDirectory(folders.wal, mode: 0o700)
                _ = try ServerFiles.makeDirectory(path, mode: 0o700)
                let prefix = WALSegment.hexadecimal(timeline)
                let source = cluster + "/pg_wal"
                // Names of equal length sort as their segments do; later ones are old files, to be written anew.
                let segments = try ServerFiles.names(in: source)
                    .filter { $0.utf8.count == 24 && $0.hasPrefix(prefix) && $0 < current }.sorted()
                for name in [prefix + ".history"] + segments {
                    let target = path + "/" + name
                    // Under its name only when it is whole: a stream goes on behind the newest file.
                    let copying = RestoreCopy(owner: .own)
                    try copying.file(source + "/" + name, to: target + ".new")
                    try copying.synchronize(target + ".new")
                    try ServerFiles.rename(target + ".new", to: target)
                }
                try ServerFiles.synchronize(folders.wal)
            }
            return nil
        } catch {
            return "the beginning of the new timeline could not be put into the archive: \(error)"
        }
    }
}
