internal import Chat
internal import HTTP
internal import HTTPServer
package import JSON
internal import Sessions

/// The feature that a thread works on.
struct SpecRoutes: Sendable {
    let context: GatewayContext

    var routes: [APIRoute] { [self.feature, self.document, self.difference] }

    private var feature: APIRoute {
        self.route(
            "spec", operation: "getFeature",
            summary: "The feature of a thread: its stages, documents, open questions and tasks. A thread that has not "
                + "chosen one works on the repository's only feature.",
            answer: .init(status: .ok, description: "The feature.", schema: "Feature"),
            missing: "No such thread, or the thread has no feature."
        ) { source, session, _ in
            try await source.feature(session.feature, of: session.repository)
        }
    }

    private var document: APIRoute {
        self.route(
            "spec/document", operation: "getFeatureDocument",
            summary: "A document of a thread's feature, and the commits that changed it, newest first.",
            parameters: [
                .init(
                    name: "path", place: .query, description: "As the feature lists it.", schema: Self.filled,
                    isRequired: true)
            ], answer: .init(status: .ok, description: "The document.", schema: "FeatureText"),
            missing: "No such thread, feature or document."
        ) { source, session, request in
            try await source.document(
                try Self.value("path", of: request), of: session.feature, in: session.repository)
        }
    }

    private var difference: APIRoute {
        self.route(
            "spec/diff", operation: "getFeatureDiff",
            summary: "What differs in a document between two commits of the thread's repository.",
            parameters: [
                .init(name: "path", place: .query, description: "The document.", schema: Self.filled, isRequired: true),
                .init(
                    name: "from", place: .query, description: "The older commit.", schema: Self.filled, isRequired: true
                ),
                .init(
                    name: "to", place: .query, description: "The newer commit.", schema: Self.filled, isRequired: true),
            ],
            answer: .init(
                status: .ok, description: "A unified diff; empty without a difference.", schema: "WorkspaceDiff"),
            missing: "No such thread or commit."
        ) { source, session, request in
            try await source.difference(
                of: try Self.value("path", of: request), from: try Self.value("from", of: request),
                to: try Self.value("to", of: request), in: session.repository)
        }
    }

    private func route(
        _ word: String, operation: String, summary: String, parameters: [APIRoute.Parameter] = [],
        answer: APIRoute.Answer, missing: String,
        find: @escaping @Sendable (any FeatureSource, SessionRecord, APIRequest) async throws -> FeatureAnswer
    ) -> APIRoute {
        APIRoute(
            method: .get, pattern: "/api/v1/threads/{id}/\(word)", operation: operation, summary: summary,
            // Repositories are for members.
            access: .scopes([.chat, .read], from: .member), parameters: parameters, answerMemory: APIRoute.pageMemory,
            answers: [
                answer, .init(status: .badRequest, description: "A parameter is missing.", schema: "Problem"),
                .init(status: .notFound, description: missing, schema: "Problem"),
                .init(status: .conflict, description: "The repository can't be read.", schema: "Problem"),
            ]
        ) { request in
            let session = try await self.context.session(request.parameter("id"), for: request.person())
            guard let source = self.context.features else { throw HTTPProblem(.notFound, "This host has no features.") }
            switch try await find(source, session, request) {
            case .found(let json): return .json(json)
            case .missing(let line): throw HTTPProblem(.notFound, line)
            case .refused(let line): throw HTTPProblem(.conflict, line)
            }
        }
    }

    private static let filled: JSON = ["type": "string", "minLength": 1]

    private static func value(_ name: String, of request: APIRequest) throws -> String {
        guard let value = request.http.query[name], !value.isEmpty else {
            throw HTTPProblem(.badRequest, "The parameter `\(name)` is missing.")
        }
        return value
    }
}

/// What the gateway knows about the features of repositories, in the API's form.
package protocol FeatureSource: Sendable {
    /// A thread's feature.
    ///
    /// - Parameter name: The one that the thread has chosen; nil for none.
    func feature(_ name: String?, of repository: String?) async throws -> FeatureAnswer
    /// A document of the feature with its versions.
    func document(_ path: String, of feature: String?, in repository: String?) async throws -> FeatureAnswer
    /// What differs in a document between two commits, as a unified diff in the member `diff`.
    func difference(
        of path: String, from old: String, to new: String, in repository: String?
    ) async throws -> FeatureAnswer
}

package enum FeatureAnswer: Sendable {
    case found(JSON)
    /// One line that says what is missing and what to do.
    case missing(String)
    /// One line that says why the repository cannot be read.
    case refused(String)
}
