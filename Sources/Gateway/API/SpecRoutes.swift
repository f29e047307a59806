internal import Chat
internal import HTTP
internal import HTTPServer
internal import Schemas
package import Specs
internal import Threads

/// The feature that a thread works on.
enum SpecRoutes {
    static let routes: [APIRoute] = [
        Self.route(
            "spec", "getFeature",
            "The feature of a thread: its stages, documents, open questions and tasks. A thread that has not chosen one "
                + "works on the repository's only feature.", "The feature.",
            missing: "No such thread, or the thread has no feature.", query: API.Nothing.self
        ) { source, session, _ in
            try await source.feature(session.feature, of: session.repository)
        },
        Self.route(
            "spec/document", "getFeatureDocument",
            "A document of a thread's feature, and the commits that changed it, newest first.", "The document.",
            missing: "No such thread, feature or document.", query: API.DocumentQuery.self
        ) { source, session, query in
            try await source.document(query.path, of: session.feature, in: session.repository)
        },
        Self.route(
            "spec/diff", "getFeatureDiff",
            "What differs in a document between two commits of the thread's repository.",
            "A unified diff; empty without a difference.", missing: "No such thread or commit.",
            query: API.DifferenceQuery.self
        ) { source, session, query in
            let answer = try await source.difference(
                of: query.path, from: query.from, to: query.to, in: session.repository)
            return answer.map { API.WorkspaceDiff(diff: $0) }
        },
    ]

    /// One look of a person at a time, beside ``GatewayContext/look(as:_:)``: a feature may wait for the repository's
    /// server.
    private static let turns = RequestBudget(limit: 1, patience: .seconds(60))

    private static func route<Query: FieldValue, Content: FieldValue>(
        _ word: String, _ operation: String, _ summary: String, _ description: String, missing: String,
        query: Query.Type,
        find:
            @escaping @Sendable (any FeatureSource, SessionRecord, Query) async throws -> FeatureAnswer<Content>
    ) -> APIRoute {
        APIRoute(
            // Repositories are for members. All documents of a feature are read for an answer.
            .get, "/api/v1/threads/{id}/\(word)", operation, summary, .reading(from: .member), query: query,
            answerMemory: APIRoute.anyMemory, success: (.ok, description),
            [.notFound(missing), .conflict("The repository can't be read.")]
        ) { (context, call: APICall<Query, API.Nothing>) in
            let session = try await context.session(call.id, for: call.person(), to: .read)
            guard let source = context.features else { throw HTTPProblem(.notFound, "This host has no features.") }
            let turn = try await Self.turns.reserve(1, for: call.person().identity)
            defer { withExtendedLifetime(turn) {} }
            switch try await find(source, session, call.query) {
            case .found(let content): return content
            case .missing(let line): throw HTTPProblem(.notFound, line)
            case .refused(let line): throw HTTPProblem(.conflict, line)
            }
        }
    }
}

/// What the gateway knows about the features of repositories, in the API's form.
package protocol FeatureSource: Sendable {
    /// A thread's feature.
    ///
    /// - Parameter name: The one that the thread has chosen; nil for none.
    func feature(
        _ name: String?, of repository: String?
    ) async throws -> FeatureAnswer<FeatureOverview.Feature>
    /// The names of all features, the newest first.
    func names(in repository: String?) async throws -> FeatureAnswer<[String]>
    /// A document of the feature with its versions.
    func document(
        _ path: String, of feature: String?, in repository: String?
    ) async throws -> FeatureAnswer<API.FeatureText>
    /// What differs in a document between two commits, as a unified diff.
    func difference(
        of path: String, from old: String, to new: String, in repository: String?
    ) async throws -> FeatureAnswer<String>
}

package enum FeatureAnswer<Content: Sendable>: Sendable {
    case found(Content)
    /// One line that says what is missing and what to do.
    case missing(String)
    /// One line that says why the repository cannot be read.
    case refused(String)

    func map<Other>(_ transform: (Content) throws -> Other) rethrows -> FeatureAnswer<Other> {
        switch self {
        case .found(let content): .found(try transform(content))
        case .missing(let line): .missing(line)
        case .refused(let line): .refused(line)
        }
    }
}
