package import Schemas

extension API {
    /// A document of a feature with its versions.
    package struct FeatureText: Codable, Sendable {
        let path: String
        let head: String
        let text: String
        let versions: [FeatureVersion]
        let isCut: Bool
    }

    /// A commit that changed a document.
    package struct FeatureVersion: Codable, Sendable {
        let sha: String
        let subject: String
        let author: String
        let at: Timestamp
        let url: String
    }

    struct DocumentQuery: Codable, Sendable, Documented {
        let path: String

        static let notes = ["path": MemberNote("As the feature lists it.", minLength: 1)]
    }

    struct DifferenceQuery: Codable, Sendable, Documented {
        let path: String
        let from: String
        let to: String

        static let notes = [
            "path": MemberNote("The document.", minLength: 1), "from": MemberNote("The older commit.", minLength: 1),
            "to": MemberNote("The newer commit.", minLength: 1),
        ]
    }

    struct BranchQuery: Codable, Sendable, Documented {
        let branch: String?

        static let notes = ["branch": MemberNote("Another branch than the default one.")]
    }

    /// A host of a cluster.
    package struct Host: Codable, Sendable, Documented {
        package let name: String
        package let version: String
        package let state: State
        package let since: Timestamp
        package let threads: Int64
        package let adapters: [String]

        package enum State: String, WordChoice { case live, draining, drained, gone }

        package static let notes = [
            "threads": MemberNote("Web threads that it serves."),
            "adapters": MemberNote("Networks that it serves, by the ids of their adapters."),
        ]

        package init(
            name: String, version: String, state: State, since: Timestamp, threads: Int64, adapters: [String]
        ) {
            self.name = name
            self.version = version
            self.state = state
            self.since = since
            self.threads = threads
            self.adapters = adapters
        }
    }
}
