import Glibc

/// Where programs are looked for.
package enum SearchPath {
    /// The absolute folders of this process's PATH, then those of the plain environment that children get.
    package static func folders() -> [String] {
        let own = getenv("PATH").map { String(cString: $0) } ?? ""
        let plain = ChildCommand.plainEnvironment["PATH"] ?? ""
        return (own + ":" + plain).split(separator: ":").map { String($0) }.filter { $0.hasPrefix("/") }
    }
}
