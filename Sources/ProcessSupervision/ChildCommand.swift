/// The user and group that a program runs as.
package struct ProcessIdentity: Sendable, Equatable {
    /// Effective, real and saved user id.
    package var userID: UInt32
    /// Effective, real and saved group id.
    package var groupID: UInt32
    /// The user's name in the user database, for messages and access rules.
    package var userName: String
    /// Whether this is another user than the daemon's own, so that a start has to change to it. Only root can.
    package var isSwitch: Bool

    package init(userID: UInt32, groupID: UInt32, userName: String, isSwitch: Bool) {
        self.userID = userID
        self.groupID = groupID
        self.userName = userName
        self.isSwitch = isSwitch
    }
}

/// What to execute, as whom and where: all that a start of a child process needs.
package struct ChildCommand: Sendable, Equatable {
    /// The program's absolute path.
    package var executable: String
    /// Its arguments, without the program's own name.
    package var arguments: [String]
    /// Its whole environment: nothing is inherited, so a variable of the daemon's user can't change what a server does.
    package var environment: [String: String]
    /// The folder it starts in. Entered before the change of user.
    package var workingDirectory: String
    /// Who it runs as.
    package var identity: ProcessIdentity
    /// What it reads from its standard input; nil: nothing (`/dev/null`).
    package var standardInput: String?

    package init(
        executable: String, arguments: [String], environment: [String: String] = ChildCommand.plainEnvironment,
        workingDirectory: String = "/", identity: ProcessIdentity, standardInput: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.identity = identity
        self.standardInput = standardInput
    }

    /// The program and its arguments, behind the one that changes the user where that is needed.
    var words: [String] {
        let words = [executable] + arguments
        guard identity.isSwitch else { return words }
        let change = ["--reuid=\(identity.userID)", "--regid=\(identity.groupID)", "--clear-groups", "--"]
        return ["/usr/bin/setpriv"] + change + words
    }

    /// Debian's default search path, English messages (they are parsed), UTC.
    package static let plainEnvironment = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "TZ": "UTC",
    ]
}
