import Glibc
import ProcessSupervision

/// A private folder of links that shows an archive's files to `pg_waldump` by the names that it looks for: those of one
/// timeline, the last one without its ending.
struct WALView: Sendable {
    /// The folder, absolute.
    let path: String

    /// Makes the view of `files` as segments of `timeline`. Blocks.
    init(of files: [WALArchive.File], timeline: UInt32, segmentBytes: UInt64) throws(ManagedServerError) {
        var template = Array("/tmp/brain-memoryd-wal-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw ServerFiles.failure("make a folder in", "/tmp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for file in files {
            let segment = WALSegment(timeline: timeline, number: file.segment.number)
            let link = path + "/" + segment.fileName(segmentBytes: segmentBytes)
            guard symlink(file.path, link) == 0 else {
                let failure = ServerFiles.failure("make the link", link)
                remove()
                throw failure
            }
        }
    }

    /// Removes the view. Blocks.
    func remove() {
        for name in (try? ServerFiles.names(in: path)) ?? [] { unlink(path + "/" + name) }
        rmdir(path)
    }
}
