internal import EventLoop
internal import Glibc
internal import Lifecycle
internal import Primitives

/// Keeps archives in a directory of this machine.
package struct DirectoryArchiveStore: ArchiveStore {
    private let directory: String

    /// - Parameter directory: Absolute; made at the first use, private to its owner.
    package init(_ directory: String) {
        self.directory = directory
    }

    package var drafts: String { self.directory }

    @concurrent package func store(_ draft: ArchiveDraft, as name: String) async throws -> String {
        let path = "\(self.directory)/\(name)"
        do {
            // The sum first: an archive without its sum would look unfinished.
            try PrivateFile.write(draft.sum(of: name), to: "\(path).sha256")
            guard rename(draft.path, path) == 0 else { throw SystemError.last("rename \(draft.path)") }
            try self.flush()
        } catch let error as SystemError {
            throw WorkspaceFailure.archive("\(error)", "check the directory \(self.directory)")
        }
        return path
    }

    @concurrent package func check() async throws -> String {
        do {
            try PrivateFile.makeFolder(self.directory)
            let probe = "\(self.directory)/.probe"
            try PrivateFile.write([], to: probe)
            try PrivateFile.remove(probe)
        } catch {
            throw WorkspaceFailure(
                "sessions cannot be archived: \(error). Give this program's user write access to \(self.directory)")
        }
        return "sessions are archived to \(self.directory)"
    }

    /// Makes the new names survive a power failure.
    private func flush() throws(SystemError) {
        let folder = FileDescriptor(owning: open(self.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        guard folder.rawValue >= 0, fsync(folder.rawValue) == 0 else { throw .last("flush \(self.directory)") }
    }
}
