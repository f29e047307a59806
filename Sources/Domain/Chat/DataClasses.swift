/// A repository with a class of data from which a text comes, or may come.
package struct DataOrigin: Sendable, Hashable {
    package let repository: String
    /// The class, as in `class: secret`.
    package let name: String

    package init(repository: String, name: String) {
        self.repository = repository
        self.name = name
    }
}

/// The classes of the configured repositories' data. What comes from such a repository reaches only models whose `classes`
/// name it, no extension, and no thread of another repository.
package struct DataClasses: Sendable, Equatable {
    private let classes: [String: String]
    private let defaultRepository: String?

    /// - Parameter classes: By the names of the repositories that have one.
    package init(_ classes: [String: String] = [:], defaultRepository: String? = nil) {
        self.classes = classes
        self.defaultRepository = defaultRepository
    }

    package var isEmpty: Bool { self.classes.isEmpty }

    /// What comes from a repository, nil for the default one; nil if its data has no class.
    package func origin(of repository: String?) -> DataOrigin? {
        guard let name = repository ?? self.defaultRepository, let data = self.classes[name] else { return nil }
        return DataOrigin(repository: name, name: data)
    }

    /// Whether the product may bring a text into a thread of `repository`, nil for the default one.
    package func mayEnter(_ origins: Set<DataOrigin>, threadOf repository: String?) -> Bool {
        let repository = repository ?? self.defaultRepository
        return origins.allSatisfy { $0.repository == repository }
    }
}
