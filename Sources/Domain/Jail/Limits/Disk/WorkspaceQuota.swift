/// One way to hold a workspace to its size: a file system of its own, or measuring.
package protocol WorkspaceQuota: Sendable {
    /// As `doctor` names it: `measured`.
    var name: String { get }
    /// Makes `folder` if it is missing and limits it to `bytes` and `files` (files and folders). Keeps what is in it. To
    /// be called before the folder is used, after each start of the host; calling it again does nothing.
    func prepare(_ folder: String, bytes: Int, files: Int) async throws(JailFailure)
    /// What a prepared folder holds.
    func usage(of folder: String) async throws(JailFailure) -> WorkspaceUsage
    /// Waits until a prepared folder is over its size, for as long as a command runs in it; then returns `disk`, and the
    /// command must end. Where the kernel refuses what is too much, waits until it is cancelled. Throws when cancelled.
    func waitForExcess(of folder: String) async throws -> String
}

/// What a workspace holds.
package struct WorkspaceUsage: Sendable, Equatable {
    package let bytes: Int
    /// Files and folders.
    package let files: Int

    package init(bytes: Int, files: Int) {
        self.bytes = bytes
        self.files = files
    }
}
