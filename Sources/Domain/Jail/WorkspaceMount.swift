/// What a jail shows at `/workspace` and `/git`.
package struct WorkspaceMount: Sendable, Equatable {
    /// The host's folder behind `/workspace`.
    package let folder: String
    /// Binds for Git, in this order after the workspace itself; empty where the session has no repository.
    package let binds: [Bind]

    package struct Bind: Sendable, Equatable {
        package let source: String
        package let target: String
        package let isWritable: Bool

        package init(source: String, target: String, isWritable: Bool) {
            self.source = source
            self.target = target
            self.isWritable = isWritable
        }
    }

    package init(folder: String, binds: [Bind] = []) {
        self.folder = folder
        self.binds = binds
    }
}
