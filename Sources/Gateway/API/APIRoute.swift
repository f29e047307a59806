internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Sessions

/// A route: its access, its handler and its description in the OpenAPI document.
struct APIRoute: Sendable {
    enum Access: Sendable {
        /// Needs no credential.
        case open
        /// Needs a credential with one of these scopes, and a person with at least this role. The role has no default,
        /// so that no new route can forget it.
        case scopes(Set<Scope>, from: Role)
    }

    /// A query parameter or a header.
    struct Parameter: Sendable {
        let name: String
        let place: RouteDocumentation.Parameter.Place
        let description: String
        var schema: JSON = ["type": "string"]
        var isRequired = false
    }

    /// A possible answer; `schema` names a component.
    struct Answer: Sendable {
        let status: HTTPStatus
        let description: String
        var schema: String?
        var type = "application/json"
    }

    let method: HTTPMethod
    /// Such as `/api/v1/threads/{id}`.
    let pattern: String
    let operation: String
    let summary: String
    let access: Access
    var parameters: [Parameter] = []
    /// The component that describes the request body.
    var body: String?
    var bodyType = "application/json"
    /// The maximum size of a request body, in bytes.
    var bodyLimit = 0
    /// What an answer takes while it is made, in bytes; see ``RequestBudget``. More for routes that return much.
    var answerMemory = 64 << 10
    var answers: [Answer]
    /// An HTML page: without a credential, browsers are redirected to the sign-in.
    var isPage = false
    /// Shows a workspace, which is on the disk of one host.
    var isInWorkspace = false
    /// Becomes a WebSocket, which pages of other sites must not open.
    var isLive = false
    /// Left out of the OpenAPI document.
    var isHidden = false
    let handle: @Sendable (APIRequest) async throws -> HTTPServerResponse

    /// What the parameter `id` names.
    enum Subject: String, CaseIterable {
        case thread, operation, ask
    }

    var subject: Subject? {
        Subject.allCases.first { subject in
            let prefix = "/api/v1/\(subject.rawValue)s/{id}"
            return self.pattern == prefix || self.pattern.hasPrefix(prefix + "/")
        }
    }

    /// An answer of up to a page, or a piece of a stream.
    static let pageMemory = 1 << 20
    /// An answer of any size: few of a credential at a time.
    static let anyMemory = 8 << 20

    /// The most that a request body takes; a body without a limit is read in pieces.
    var bodyMemory: Int { min(self.bodyLimit, 2 << 20) }
}
