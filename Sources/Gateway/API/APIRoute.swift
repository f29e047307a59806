internal import HTTP
internal import HTTPServer
internal import JSON

/// One route: who may call it, what it does, and what the OpenAPI document says about it.
struct APIRoute: Sendable {
    enum Access: Sendable {
        /// For everybody.
        case open
        /// For credentials with one of these scopes.
        case scopes(Set<Scope>)
    }

    /// A parameter of the query or a header.
    struct Parameter: Sendable {
        enum Place: String, Sendable { case query, header }

        let name: String
        let place: Place
        let description: String
        var schema: JSON = ["type": "string"]
    }

    /// One answer; `schema` names a component.
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
    /// The component that describes the body.
    var body: String?
    /// Bytes that a body may have.
    var bodyLimit = 0
    var answers: [Answer]
    /// A page for people: without a credential a browser is sent to the sign-in.
    var isPage = false
    /// Becomes a WebSocket: a page of another site must not open it.
    var isLive = false
    /// Left out of the OpenAPI document.
    var isHidden = false
    let handle: @Sendable (APIRequest) async throws -> HTTPServerResponse
}
