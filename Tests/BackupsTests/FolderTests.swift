import Testing

@testable import Backups

@Suite struct FolderTests {
    @Test("each kind of backup has a folder of its own")
    func folders() {
        let folders = BackupFolders(root: "/b")
        #expect(folders.backup(.dump, "x") == "/b/dumps/x")
        #expect(folders.backup(.base, "x") == "/b/base/x")
    }
}
