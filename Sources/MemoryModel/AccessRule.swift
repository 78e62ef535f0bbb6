/// One rule of the configuration: what a user, or a group, may read and write.
///
/// Several rules that match one caller add up. With no rule at all every caller may act for every agent; once there
/// is one, a caller that none matches may do nothing, except root and the daemon's own user, who may do everything.
public struct AccessRule: Hashable, Sendable {
    /// Whom a rule is about, by what the kernel reports of the caller (`SO_PEERCRED`, unix(7)).
    public enum Subject: Hashable, Sendable {
        /// The caller's user.
        case uid(UInt32)
        /// One of the caller's groups, main or supplementary.
        case gid(UInt32)
    }

    /// Whom the rule is about.
    public let subject: Subject
    /// The agents whose memories the subject may read.
    public let read: [AgentPattern]
    /// The agents whose memories the subject may write. Writing does not include reading.
    public let write: [AgentPattern]

    /// A rule; an empty list gives nothing.
    public init(subject: Subject, read: [AgentPattern], write: [AgentPattern]) {
        self.subject = subject
        self.read = read
        self.write = write
    }
}
