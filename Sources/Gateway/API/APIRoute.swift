internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Schemas

// Change: a route of the API, a field of GraphQL
/// A route's declaration: its access, the types of its query, body and answers, and its handler. The OpenAPI document,
/// the page's types and the checks of requests come from it.
struct APIRoute: Sendable {
    enum Access: Sendable {
        /// Needs no credential.
        case open
        /// Needs a credential with one of these scopes, and a person with at least this role. The role has no default,
        /// so that no new route can forget it.
        case scopes(Set<Scope>, from: Role)

        static func reading(from role: Role) -> Self { .scopes([.chat, .read], from: role) }
        /// Of what commands do and ask: also for credentials that may only run them.
        static func watching(from role: Role) -> Self { .scopes([.chat, .read, .run], from: role) }
        static let writing = Self.scopes([.chat], from: .guest)
        static let administration = Self.scopes([.admin], from: .owner)
    }

    /// A request header that is part of the interface.
    struct Header: Sendable {
        let name: String
        let note: MemberNote
    }

    /// That a route will go (RFC 9745, RFC 8594). Times are seconds since 1970.
    struct Deprecation: Sendable {
        let since: Int
        /// When it stops answering; nil while that is open.
        var sunset: Int?
        /// Where it is said what to use instead.
        let link: String

        func apply(to response: inout HTTPServerResponse) {
            response.headers["Deprecation"] = "@\(self.since)"
            if let sunset = self.sunset { response.headers["Sunset"] = HTTPDate.format(sunset) }
            response.headers.append("Link", "<\(self.link)>; rel=\"deprecation\"; type=\"text/html\"")
        }
    }

    /// A possible answer; without a content it has no body.
    struct Answer: Sendable {
        let status: HTTPStatus
        let text: String
        var content: (any FieldValue.Type)?
        var type = MediaType.json

        static func json(_ content: any FieldValue.Type, _ text: String) -> Self { .json(content, .ok, text) }
        static func json(_ content: any FieldValue.Type, _ status: HTTPStatus, _ text: String) -> Self {
            Self(status: status, text: text, content: content)
        }
        static func other(_ type: MediaType, _ text: String) -> Self { Self(status: .ok, text: text, type: type) }
        static func empty(_ text: String) -> Self { Self(status: .noContent, text: text, type: .json) }
        static func problem(_ status: HTTPStatus, _ text: String) -> Self {
            Self(status: status, text: text, content: API.Problem.self, type: .problem)
        }

        static func badRequest(_ text: String) -> Self { Self.problem(.badRequest, text) }
        static func forbidden(_ text: String) -> Self { Self.problem(.forbidden, text) }
        static func notFound(_ text: String) -> Self { Self.problem(.notFound, text) }
        static func conflict(_ text: String) -> Self { Self.problem(.conflict, text) }
        static func badGateway(_ text: String) -> Self { Self.problem(.badGateway, text) }
        static let noRoom = Self.problem(HTTPStatus(507), "The person's quota or the host's disk is used up.")
    }

    /// What a request's body is.
    enum Body: Sendable {
        case none
        case json(any FieldValue.Type)
        /// Bytes of this type, which the handler reads.
        case bytes(MediaType)
    }

    let method: HTTPMethod
    /// Such as `/api/v1/threads/{id}`.
    let pattern: String
    let operation: String
    let summary: String
    let access: Access
    var headers: [Header] = []
    /// Nil where any parameters may be, on pages.
    var query: (any FieldValue.Type)?
    var body = Body.none
    /// The maximum size of a request body, in bytes.
    var bodyLimit = 0
    /// What an answer takes while it is made, in bytes; see ``RequestBudget``. More for routes that return much.
    var answerMemory = 64 << 10
    /// A parameter with which an answer takes ``anyMemory``, because much is read for it.
    var heavyParameter: String?
    var answers: [Answer]
    /// An HTML page: without a credential, browsers are redirected to the sign-in.
    var isPage = false
    /// Shows a workspace, which is on the disk of one host.
    var isInWorkspace = false
    /// Becomes a WebSocket, which pages of other sites must not open.
    var isLive = false
    /// For programs with a token: refuses pages of other sites whatever their credential, and cookies.
    var isForPrograms = false
    /// Left out of the OpenAPI document.
    var isHidden = false
    var deprecation: Deprecation?
    let handle: @Sendable (GatewayContext, APIRequest) async throws -> HTTPServerResponse

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

    var isAPI: Bool { self.pattern.hasPrefix("/api/") }

    /// An answer of up to a page, or a piece of a stream.
    static let pageMemory = 1 << 20
    /// An answer of any size: few of a credential at a time.
    static let anyMemory = 8 << 20
    /// More than a body of short members takes, with each character escaped.
    static let smallBody = 16 << 10

    /// What an answer to a request with these parameters takes.
    func answerMemory(with query: @autoclosure () -> HTTPQuery) -> Int {
        guard let name = self.heavyParameter, query().items.contains(where: { $0.name == name && !$0.value.isEmpty })
        else { return self.answerMemory }
        return Self.anyMemory
    }

    /// The most that a request body takes; a body without a limit is read in pieces.
    var bodyMemory: Int { min(self.bodyLimit, 2 << 20) }
}

extension APIRoute {
    /// Of a route of the API whose answer is one type.
    ///
    /// - Parameter success: the answer's status and description.
    init<Query: FieldValue, Body: FieldValue, Content: FieldValue>(
        _ method: HTTPMethod, _ pattern: String, _ operation: String, _ summary: String, _ access: Access,
        headers: [Header] = [], query: Query.Type? = nil, body: Body.Type? = nil,
        bodyLimit: Int? = nil, answerMemory: Int = 64 << 10, heavyParameter: String? = nil,
        success: (HTTPStatus, String), _ others: [Answer] = [], isInWorkspace: Bool = false,
        _ handle: @escaping @Sendable (GatewayContext, APICall<Query, Body>) async throws -> Content
    ) {
        self.init(
            method, pattern, operation, summary, access, headers: headers, query: query, body: body,
            bodyLimit: bodyLimit, answerMemory: answerMemory, heavyParameter: heavyParameter,
            answers: [.json(Content.self, success.0, success.1)] + others, isInWorkspace: isInWorkspace
        ) { context, call in
            .json(encoding: try await handle(context, call), success.0)
        }
    }

    /// Of a route of the API that makes its own answer.
    init<Query: FieldValue, Body: FieldValue>(
        _ method: HTTPMethod, _ pattern: String, _ operation: String, _ summary: String, _ access: Access,
        headers: [Header] = [], query: Query.Type? = nil, body: Body.Type? = nil,
        bodyLimit: Int? = nil, answerMemory: Int = 64 << 10, heavyParameter: String? = nil, answers: [Answer],
        isInWorkspace: Bool = false, isLive: Bool = false,
        _ handle: @escaping @Sendable (GatewayContext, APICall<Query, Body>) async throws -> HTTPServerResponse
    ) {
        let takesBody = method != .get
        let hasBody = Body.self != API.Nothing.self
        let limit = bodyLimit ?? (takesBody ? Self.smallBody : 0)
        self.init(
            method: method, pattern: pattern, operation: operation, summary: summary, access: access, headers: headers,
            query: Query.self, body: hasBody ? .json(Body.self) : .none, bodyLimit: limit, answerMemory: answerMemory,
            heavyParameter: heavyParameter, answers: answers, isInWorkspace: isInWorkspace, isLive: isLive
        ) { context, request in
            let query = try request.query(as: Query.self)
            let body =
                takesBody
                ? try await request.body(as: Body.self, upTo: limit) : try Body(decoding: [:])
            return try await handle(context, APICall(request: request, query: query, body: body))
        }
    }
}

extension HTTPServerResponse {
    static func json(encoding value: some FieldValue, _ status: HTTPStatus = .ok) -> Self {
        Self(status, .json, bytes: JSON.bytes(encoding: value))
    }
}
