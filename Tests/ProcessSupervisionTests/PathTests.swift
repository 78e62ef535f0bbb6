import ProcessSupervision
import Testing

@Suite("Paths of managed servers")
struct PathTests {
    @Test("a socket path that fits stays in DIR; one that does not goes to a short private name")
    func socketFolder() {
        func folder(_ root: String) -> String { SocketFolder(usual: root + "/run", socket: ".s.PGSQL.5432").path }
        #expect(folder("/var/lib/brain") == "/var/lib/brain/run")
        // 90 + "/run/.s.PGSQL.5432" (18) is one byte too many.
        let fits = "/" + String(repeating: "a", count: 88)
        #expect(folder(fits) == fits + "/run")
        for root in [fits + "a", "/data/a,b", "/data/it's", "/data/ü", "/data/with space", "/data/50%"] {
            #expect(folder(root).hasPrefix("/tmp/brain-memoryd-") && folder(root).utf8.count == 35)
            #expect(folder(root) == folder(root))
        }
        #expect(folder("/data/a,b") != folder("/data/a,c"))
    }

    @Test("the folders of a path, from the root down")
    func prefixes() {
        #expect(FolderReach.prefixes(of: "/a/b c") == ["/", "/a", "/a/b c"])
        #expect(FolderReach.prefixes(of: "/") == ["/"])
    }
}
