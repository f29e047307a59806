package import Schemas

extension API {
    /// A document of a feature with its versions.
    package struct FeatureText: Fact {
        let path: String
        let head: String
        let text: String
        let versions: [FeatureVersion]
        let isCut: Bool
    }

    /// A commit that changed a document.
    package struct FeatureVersion: Fact {
        let sha: String
        let subject: String
        let author: String
        let at: Timestamp
        let url: String
    }

    struct DocumentQuery: Fact {
        let path: String

        static let notes: Notes<Self> = [\.path: MemberNote("As the feature lists it.", minLength: 1)]
    }

    struct DifferenceQuery: Fact {
        let path: String
        let from: String
        let to: String

        static let notes: Notes<Self> = [
            \.path: MemberNote("The document.", minLength: 1), \.from: MemberNote("The older commit.", minLength: 1),
            \.to: MemberNote("The newer commit.", minLength: 1),
        ]
    }

    struct BranchQuery: Fact {
        let branch: String?

        static let notes: Notes<Self> = [\.branch: "Another branch than the default one."]
    }

    struct CommitsQuery: Fact {
        let from: String?

        static let notes: Notes<Self> = [\.from: "The commit to begin with, for older ones."]
    }

    /// A host of a cluster.
    package struct Host: Fact {
        package let name: String
        package let version: String
        package let state: State
        package let since: Timestamp
        package let threads: Int64
        package let adapters: [String]

        package enum State: String, WordChoice { case live, draining, drained, gone }

        package static let notes: Notes<Self> = [
            \.threads: "Web threads that it serves.",
            \.adapters: "Networks that it serves, by the ids of their adapters.",
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
