/// The parts of a jail that differ by session.
package struct JailPlace: Sendable {
    package let mount: WorkspaceMount
    /// Required when the host runs as root; owns the workspace's files.
    package let identity: JailIdentity?
    /// The folders whose size is limited: all that the jail may write on the host's disk.
    package let disk: [String]
    /// Nil for those of the setup.
    package let limits: JailLimits?
    /// Called once, when no process of the jail is left or its start has failed.
    package let onEnd: @Sendable () -> Void

    package init(
        mount: WorkspaceMount, identity: JailIdentity?, disk: [String] = [], limits: JailLimits? = nil,
        onEnd: @escaping @Sendable () -> Void = {}
    ) {
        self.mount = mount
        self.identity = identity
        self.disk = disk
        self.limits = limits
        self.onEnd = onEnd
    }
}
