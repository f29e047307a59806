internal import Chat
internal import Git
internal import Primitives
internal import Repositories

/// The tasks of a feature, in its `tasks.md`: they are shown beside the repository's own, and changed by `implement` alone.
package struct TaskFeature: Sendable {
    package struct Item: Sendable {
        package let id: String
        package let text: String
        package let state: TaskState
    }

    /// A list of 100 KiB may have 12,800.
    private static let itemLimit = 200

    package let repository: String
    /// The folder's name below `specs/`.
    package fileprivate(set) var name = ""
    package fileprivate(set) var branch = ""
    /// Of its list.
    package fileprivate(set) var url = ""
    /// The first 200.
    package let items: [Item]
    /// Of all.
    package let total: Int
    package let done: Int
    /// What is to be done next.
    package let next: Item?

    init(_ file: TaskFile, of repository: String) {
        func item(_ task: TaskItem) -> Item { Item(id: task.address, text: task.text, state: task.state) }
        self.repository = repository
        self.items = file.items.prefix(Self.itemLimit).map(item)
        self.total = file.items.count
        self.done = file.items.count { $0.state == .done }
        self.next = file.items.first { $0.state == .open || $0.state == .started }.map(item)
    }
}

extension TaskDesk {
    /// The newest features that have tasks. Throws ``RepositoryError``.
    package nonisolated func features(of name: String?, limit: Int = 20) async throws -> [TaskFeature] {
        let repository = try self.repositories.repository(name)
        let known = self.featureLists.withLock { $0[repository.name] } ?? [:]
        var read: [String: TaskFeature] = [:]
        var features: [TaskFeature] = []
        for list in try await repository.knownTaskLists(limit: limit) {
            let blob = GitObjectID.blob(list.bytes)?.hex
            var feature: TaskFeature
            if let same = blob.flatMap({ known[$0] ?? read[$0] }) {
                feature = same
            } else {
                feature = TaskFeature(await Self.read(list.bytes), of: repository.name)
            }
            if let blob { read[blob] = feature }
            guard feature.total > 0 else { continue }
            (feature.name, feature.branch) = (list.name, list.branch)
            feature.url = self.pages.file(list.path, on: list.source, of: repository.name)
            features.append(feature)
        }
        self.featureLists.withLock { $0[repository.name] = read }
        return features
    }
}
