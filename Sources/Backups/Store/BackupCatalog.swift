import Foundation
import ProcessSupervision
import Synchronization

/// Tells which backups there are and which are good.
///
/// Checking every byte of every backup takes long, so what was found is remembered by the state of the files: as long as
/// no file's size, times or inode is another, its bytes are not read again. A file that was changed within the last
/// moments before it was read is not remembered, since a further change might not show in its times (the kernel counts
/// them in steps of some milliseconds).
final class BackupCatalog: Sendable {
    private struct Checked: Sendable {
        var fingerprint: ContentDigest
        var problems: [String]
        /// The SHA-256 of `SHA256SUMS`.
        var checksums: String
    }

    let tools: BackupTools
    private let known = Mutex<[String: Checked]>([:])

    /// How old a change must be for the bytes to be remembered.
    private static let settledAfter = 2.0

    init(tools: BackupTools) {
        self.tools = tools
    }

    /// All backups, newest first.
    ///
    /// - Parameter isFresh: reads every byte, whatever is remembered.
    func list(isFresh: Bool = false) async throws(BackupError) -> [BackupListing] {
        var listings: [BackupListing] = []
        for kind in BackupKind.allCases {
            for name in try await names(kind) {
                if let listing = try await listing(kind, name, isFresh: isFresh) { listings.append(listing) }
            }
        }
        let paths = Set(listings.map(\.path))
        known.withLock { known in known = known.filter { paths.contains($0.key) } }
        return listings.sorted { Self.order($0) > Self.order($1) }
    }

    /// One backup; nil when there is none of that name.
    func listing(
        _ kind: BackupKind, _ name: String, isFresh: Bool = false
    ) async throws(BackupError) -> BackupListing? {
        let folders = tools.folders
        let now = Date().timeIntervalSince1970
        let look = try await tools.blocking { () throws(ManagedServerError) in BackupInspection(folders, kind, name) }
        guard let look else { return nil }
        var listing = look.listing
        guard let fingerprint = look.fingerprint, look.checksums != nil, listing.problems.isEmpty else {
            listing.proof = nil
            return listing
        }
        let checked: Checked
        if !isFresh, let known = known.withLock({ $0[listing.path] }), known.fingerprint == fingerprint {
            checked = known
        } else {
            checked = try await check(listing, fingerprint)
            let isSettled = Double(look.lastChange) / 1e9 + Self.settledAfter < now
            known.withLock { $0[listing.path] = isSettled ? checked : nil }
        }
        listing.problems = checked.problems
        if listing.proof?.id != listing.id || listing.proof?.checksums != checked.checksums { listing.proof = nil }
        return listing
    }

    /// The newest manifest of a kind that can be read, without checking anything else.
    func newestManifest(_ kind: BackupKind) async throws(BackupError) -> BackupManifest? {
        let folders = tools.folders
        let names = try await names(kind).filter { BackupID($0)?.kind == kind }.sorted(by: >)
        return try await tools.blocking { () throws(ManagedServerError) in
            names.lazy.compactMap { try? BackupManifest.read(folder: folders.backup(kind, $0)) }.first
        }
    }

    private func names(_ kind: BackupKind) async throws(BackupError) -> [String] {
        let folder = tools.folders.all(kind)
        let names = try await tools.blocking { () throws(ManagedServerError) -> [String] in
            try ServerFiles.kind(of: folder) == nil ? [] : try ServerFiles.names(in: folder)
        }
        guard names.count <= BackupLimits.backups else {
            throw BackupError(
                .folderUnusable,
                "\(folder) holds \(names.count) backups, more than the \(BackupLimits.backups) "
                    + "that are looked at. Move some away.")
        }
        return names
    }

    private func check(_ listing: BackupListing, _ fingerprint: ContentDigest) async throws(BackupError) -> Checked {
        var problems: [String]
        do throws(BackupError) {
            problems = try await tools.checksumProblems(in: listing.path)
            let own = try await tools.checksums(of: [BackupFolders.checksumsName], in: listing.path)
            if problems.count > BackupLimits.problems {
                let rest = problems.count - BackupLimits.problems
                problems = problems.prefix(BackupLimits.problems) + ["and \(rest) more"]
            }
            return Checked(fingerprint: fingerprint, problems: problems, checksums: own.entries[0].digest)
        } catch {
            guard error.kind != .cancelled else { throw error }
            return Checked(fingerprint: fingerprint, problems: ["it can't be checked: \(error)"], checksums: "")
        }
    }

    /// Newest first; what has no proper name comes last.
    private static func order(_ listing: BackupListing) -> (Double, String) {
        (BackupID(listing.id)?.startedAt.timeIntervalSince1970 ?? -.infinity, listing.id)
    }
}
