import Glibc

/// Why a textfile could not be written.
struct TextfileError: Error, Equatable, CustomStringConvertible {
    /// What failed, where, and why.
    let description: String

    /// A system call that failed with `code`.
    init(_ what: String, _ path: String, errno code: Int32) {
        description = "can't \(what) \(path): \(String(cString: strerror(code)))"
    }
}
