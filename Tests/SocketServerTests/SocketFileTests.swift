import Foundation
import MemoryService
import Testing

@testable import SocketServer

@Suite("The socket's file")
struct SocketFileTests {
    private let folder: TemporaryFolder
    private var path: String { folder.path + "/brain.sock" }

    init() throws {
        folder = try TemporaryFolder()
    }

    private func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(lstat(path, &status) == 0)
        return status
    }

    /// Leaves a socket file behind at which nobody listens.
    private func leaveStaleSocket() throws {
        let file = try SocketFile(path: path, mode: 0o600, group: nil)
        close(file.descriptor)
        withExtendedLifetime(file) {}
        try #require(FileManager.default.fileExists(atPath: path))
    }

    @Test("it has its mode and group", arguments: [UInt32(0o660), 0o600, 0o666])
    func modeAndGroup(mode: UInt32) throws {
        let file = try SocketFile(path: path, mode: mode, group: getgid())
        let status = try status(path)
        #expect(status.st_mode & 0o777 == mode && status.st_mode & S_IFMT == S_IFSOCK)
        #expect(status.st_gid == getgid() && status.st_uid == getuid())
        #expect(try self.status(path + ".lock").st_mode & 0o777 == 0o600)
        close(file.descriptor)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                "brain.sock", "brain.sock.lock",
            ])
    }

    @Test("nobody can connect before it listens")
    func listening() throws {
        let file = try SocketFile(path: path, mode: 0o600, group: nil)
        #expect(throws: TestClient.Failure.self) { try TestClient(path: path) }
        try file.startListening()
        _ = try TestClient(path: path)
        close(file.descriptor)
    }

    @Test("a stale file is replaced")
    func stale() throws {
        try leaveStaleSocket()
        let old = try status(path).st_ino
        let file = try SocketFile(path: path, mode: 0o600, group: nil)
        try file.startListening()
        _ = try TestClient(path: path)
        #expect(try status(path).st_ino != old)
        close(file.descriptor)
    }

    @Test("one of two gets it, and the other says why not")
    func twoAtOnce() throws {
        let file = try SocketFile(path: path, mode: 0o600, group: nil)
        let error = #expect(throws: SocketError.self) { try SocketFile(path: path, mode: 0o600, group: nil) }
        #expect(error?.description == "another brain-memoryd listens at \(path): it holds \(path).lock")
        try file.startListening()
        #expect(throws: SocketError.self) { try SocketFile(path: path, mode: 0o600, group: nil) }
        _ = try TestClient(path: path)
        close(file.descriptor)
    }

    @Test("the socket of another program that lives is not stolen")
    func live() throws {
        let file = try SocketFile(path: folder.path + "/other.sock", mode: 0o600, group: nil)
        try file.startListening()
        // Another program has no lock file of ours.
        try FileManager.default.moveItem(atPath: folder.path + "/other.sock", toPath: path)
        let inode = try status(path).st_ino
        let error = #expect(throws: SocketError.self) { try SocketFile(path: path, mode: 0o600, group: nil) }
        #expect(error?.description.contains("another process listens at \(path)") == true)
        #expect(try status(path).st_ino == inode)
        _ = try TestClient(path: path)
        close(file.descriptor)
    }

    @Test("what is no socket is left alone", arguments: ["file", "folder", "link"])
    func notASocket(kind: String) throws {
        switch kind {
        case "file": try Data("precious".utf8).write(to: URL(filePath: path))
        case "folder": try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        default: try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/nowhere")
        }
        let before = try status(path).st_ino
        let error = #expect(throws: SocketError.self) { try SocketFile(path: path, mode: 0o600, group: nil) }
        #expect(error?.description.contains("is not a socket") == true)
        #expect(try status(path).st_ino == before)
    }

    @Test("removing takes its own file only")
    func remove() throws {
        let file = try SocketFile(path: path, mode: 0o600, group: nil)
        try FileManager.default.removeItem(atPath: path)
        try Data().write(to: URL(filePath: path))
        file.remove()
        #expect(FileManager.default.fileExists(atPath: path))
        try FileManager.default.removeItem(atPath: path)
        file.remove()
        close(file.descriptor)
    }

    @Test("a folder that is not there, and a path that is too long, are said")
    func unusable() throws {
        let error = #expect(throws: SocketError.self) {
            try SocketFile(path: folder.path + "/none/s", mode: 0o600, group: nil)
        }
        #expect(error?.description.contains("No such file or directory") == true)
        let long = folder.path + "/" + String(repeating: "x", count: 107 - folder.path.utf8.count)
        #expect(throws: SocketError.self) { try SocketFile(path: long, mode: 0o600, group: nil) }
    }

    @Test("a path of 107 bytes, the most there can be, works")
    func longestPath() throws {
        let longest = folder.path + "/" + String(repeating: "x", count: 106 - folder.path.utf8.count)
        let file = try SocketFile(path: longest, mode: 0o600, group: nil)
        try file.startListening()
        _ = try TestClient(path: longest)
        close(file.descriptor)
    }
}
