/// Finds the folder that keeps another user from reaching a path.
package struct FolderReach: Sendable {
    private let identity: ProcessIdentity

    /// - Parameter identity: the user who has to reach it.
    package init(identity: ProcessIdentity) {
        self.identity = identity
    }

    /// The folders of an absolute path, from the root down.
    package static func prefixes(of path: String) -> [String] {
        var prefixes: [String] = ["/"]
        var current = ""
        for part in path.split(separator: "/") {
            current += "/" + part
            prefixes.append(current)
        }
        return prefixes
    }

    /// Throws when the user can't enter the folder, naming the first folder that refuses. The user itself is asked, by
    /// way of test(1): the kernel then weighs modes, groups, access lists and mounts, which we could only imitate.
    package func check(_ directory: String) async throws(ManagedServerError) {
        guard identity.isSwitch, try await !canEnter(directory) else { return }
        for folder in Self.prefixes(of: directory) where try await !canEnter(folder) {
            throw ManagedServerError(
                .unreachableFolder,
                "user '\(identity.userName)', who runs the managed servers since PostgreSQL refuses root, can't enter "
                    + "\(folder), and so not reach \(directory). Let it in (chmod o+x \(folder)), or "
                    + "choose a folder elsewhere, such as /var/lib/brain-memoryd, or run brain-memoryd "
                    + "as an unprivileged user.")
        }
    }

    private func canEnter(_ folder: String) async throws(ManagedServerError) -> Bool {
        let command = ChildCommand(executable: "/usr/bin/test", arguments: ["-x", folder], identity: identity)
        let run: ProgramRun
        do {
            run = try await ProgramRun.run(command, bound: .seconds(10))
        } catch {
            throw unusable("\(error)")
        }
        switch run.exit {
        case .exited(0): return true
        case .exited(1): return false
        // Not an answer of test(1): the change of user itself has failed, for want of a capability perhaps.
        default: throw unusable(run.failure)
        }
    }

    private func unusable(_ reason: String) -> ManagedServerError {
        ManagedServerError(.userUnusable, "can't run a program as user '\(identity.userName)': \(reason)")
    }
}
