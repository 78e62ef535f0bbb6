import CSystemd

/// What the service manager is told (sd_notify(3)). Without one, telling does nothing.
public struct ServiceManager: Sendable {
    /// Tells by the environment's `NOTIFY_SOCKET`.
    public init() {}

    /// Sends `assignments`, such as `READY=1`, in one message. Returns whether there was a service manager that took it.
    @discardableResult
    public func notify(_ assignments: String...) -> Bool {
        sd_notify(0, assignments.joined(separator: "\n")) > 0
    }
}
