internal import Chat
internal import Repositories

/// The tasks of a feature, in its `tasks.md`: they are shown beside the repository's own, and changed by `implement` alone.
package struct TaskFeature: Sendable {
    package struct Item: Sendable {
        package let id: String
        package let text: String
        package let state: TaskState
    }

    package let repository: String
    /// The folder's name below `specs/`.
    package let name: String
    package let branch: String
    /// Of its list.
    package let url: String
    package let items: [Item]

    package var done: Int { self.items.count { $0.state == .done } }
    /// What is to be done next.
    package var next: Item? { self.items.first { $0.state == .open || $0.state == .started } }
}

extension TaskDesk {
    /// The newest features that have tasks. Throws ``RepositoryError``.
    package nonisolated func features(of name: String?, limit: Int = 20) async throws -> [TaskFeature] {
        let repository = try self.repositories.repository(name)
        return try await repository.knownTaskLists(limit: limit).compactMap { list in
            let items = TaskFile(list.bytes).items.map {
                TaskFeature.Item(id: $0.address, text: $0.text, state: $0.state)
            }
            guard !items.isEmpty else { return nil }
            return TaskFeature(
                repository: repository.name, name: list.name, branch: list.branch,
                url: self.pages.file(list.path, on: list.source, of: repository.name), items: items)
        }
    }
}
