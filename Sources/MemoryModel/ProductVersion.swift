/// The version of this build: of the daemon, the command line and the client library alike.
public enum ProductVersion {
    /// As semver.org has it; CHANGELOG.md tells what changed.
    public static let current = "0.1.0"
}
