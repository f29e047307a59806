/// Where an archive's entries come from.
package protocol ArchiveSource: Sendable {
    /// Passes every entry to `add`, a folder before what is in it. The files must not change until it returns. An error of
    /// `add` must be passed on.
    func entries(_ add: (ArchiveEntry) async throws -> Void) async throws
}

/// Entries that are already known.
package struct ArchiveEntries: ArchiveSource {
    private let list: [ArchiveEntry]

    package init(_ list: [ArchiveEntry]) { self.list = list }

    package func entries(_ add: (ArchiveEntry) async throws -> Void) async throws {
        for entry in self.list { try await add(entry) }
    }
}
