import Glibc
import ProcessSupervision

extension ClusterReplacement {
    /// Puts the cluster in its place; its server has been stopped. What was there is renamed, in the same step: there is no
    /// moment without a cluster.
    ///
    /// - Returns: where what was there is now.
    package func install() async throws(ManagedPostgresError) -> String? {
        let (staging, layout) = (staging, layout)
        let isOccupied = try await queue.run { () throws(ManagedPostgresError) in
            try ServerFiles.synchronize(staging)
            return try ServerFiles.kind(of: layout.data) != nil
        }
        guard isOccupied else {
            try await queue.run { () throws(ManagedPostgresError) in try ServerFiles.rename(staging, to: layout.data) }
            return nil
        }
        // A daemon that was killed leaves its server running on it.
        try await LeftoverServer(
            cluster: layout.data, stopSteps: configuration.stopSteps, queue: queue, logger: logger
        ).clear()
        return try await queue.run { () throws(ManagedPostgresError) in
            try Self.exchange(staging, with: layout.data, keptIn: layout.root + "/postgres.replaced-")
        }
    }

    /// Blocks.
    private static func exchange(
        _ fresh: String, with place: String, keptIn prefix: String
    ) throws(ManagedPostgresError) -> String? {
        if try ServerFiles.kind(of: place)?.isDirectory == true, rmdir(place) == 0 {
            try ServerFiles.rename(fresh, to: place)
            return nil
        }
        var time = time(nil)
        var parts = tm()
        gmtime_r(&time, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        strftime(&buffer, buffer.count, "%Y%m%dT%H%M%SZ", &parts)
        let kept = prefix + String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // First under the name that the old one shall have, then the two change names at once. The name in which clusters are
        // built would not do in between: what a crash leaves under that is removed.
        try ServerFiles.rename(fresh, to: kept)
        if try !ServerFiles.exchange(kept, with: place) {
            // A filesystem that can't: two steps, each leaving both under a name that nobody removes.
            let aside = kept + "-old"
            try ServerFiles.rename(place, to: aside)
            try ServerFiles.rename(kept, to: place)
            return aside
        }
        return kept
    }
}
