internal import Crypto
internal import Database
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import People
internal import Primitives
internal import Sessions
internal import Store
internal import Telemetry
internal import Threads

/// Wraps every route. Before it: trace id, credential, scopes, role, origin and rate limit. After it: errors as problems,
/// security headers and a log line.
struct Front: Sendable {
    private let context: GatewayContext
    private let headers: SecurityHeaders
    private let limiter: Protected<KeyedTokenBuckets<String>>
    private let budget: RequestBudget

    init(context: GatewayContext) {
        self.context = context
        self.headers = SecurityHeaders(isSecure: context.settings.isSecure)
        self.limiter = Protected(
            KeyedTokenBuckets(
                capacity: max(1, context.settings.requestBurst),
                interval: 1_000 / Double(max(1, context.settings.requestsPerSecond))))
        self.budget = RequestBudget(limit: context.settings.requestMemory)
    }

    /// Throws only what the server must handle: a client that left, a truncated body, cancellation.
    func answer(_ request: HTTPServerRequest, by route: APIRoute) async throws -> HTTPServerResponse {
        let parent = request.headers["traceparent"].flatMap { TraceContext(traceparent: $0) }
        // The page asks for much that nobody wants to see in traces.
        guard let tracer = self.context.bridge.environment.tracer, Self.changes(request) || parent != nil else {
            let trace = parent?.traceID ?? Crypto.hex(Crypto.randomBytes(16))
            return try await self.answer(request, by: route, trace: trace)
        }
        let span = tracer.span(
            "\(request.method.rawValue) \(route.pattern)", .server,
            attributes: [
                "http.request.method": .string(request.method.rawValue), "http.route": .string(route.pattern),
            ],
            parent: parent)
        defer { span.end() }
        return try await Span.$current.withValue(span) {
            let response = try await self.answer(request, by: route, trace: span.context.traceID)
            span.set("http.response.status_code", JSON(response.status.code))
            if response.status.code >= 500 { span.fail("\(response.status.code)") }
            return response
        }
    }

    /// - Parameter trace: The id of the request's trace.
    private func answer(
        _ request: HTTPServerRequest, by route: APIRoute, trace: String
    ) async throws -> HTTPServerResponse {
        let logger = self.context.logger.with(["trace": .string(trace)])
        let start = ContinuousClock.now
        // The address of a hidden page is a secret.
        let path = route.isHidden ? route.pattern : String(request.path)
        var response: HTTPServerResponse
        do {
            response = try await self.admitted(request, by: route, logger: logger)
        } catch let problem as HTTPProblem {
            response = self.response(to: problem, request: request, route: route)
        } catch let refusal as ViewerRefusal {
            let status = refusal.isTooLarge ? HTTPStatus.contentTooLarge : .serviceUnavailable
            let problem = HTTPProblem(status, refusal.message, title: "This cannot be shown")
            response = self.response(to: problem, request: request, route: route)
        } catch let error as HTTPServerError {
            throw error
        } catch let error as CancellationError {
            throw error
        } catch let refusal as QuotaExceeded {
            response = self.response(to: HTTPProblem(HTTPStatus(507), refusal.text), request: request, route: route)
        } catch let error as DatabaseError where error.code == .full {
            logger.error("a request failed", ["path": .string(path), "error": .string("\(error)")])
            let problem = HTTPProblem(
                HTTPStatus(507), "The host's disk is full, so nothing was stored. Free some space there and try again.")
            response = self.response(to: problem, request: request, route: route)
        } catch let error where error is PlaceLost || (error as? DatabaseError)?.isPassing == true {
            logger.warning("a request failed", ["path": .string(path), "error": .string("\(error)")])
            response = self.response(to: Self.passing, request: request, route: route)
        } catch {
            logger.error("a request failed", ["path": .string(path), "error": .string("\(error)")])
            let problem = HTTPProblem(
                .internalServerError,
                "The host failed to handle the request. Its log has the reason under trace \(trace).")
            response = self.response(to: problem, request: request, route: route)
        }
        route.deprecation?.apply(to: &response)
        if route.isAPI {
            Representation.apply(to: &response, for: request)
            self.context.cors.apply(to: &response, for: request.headers)
        }
        self.headers.apply(to: &response)
        if case .upgrade = response.body {} else { response.headers["X-Request-Id"] = trace }
        logger.debug(
            "request",
            [
                "method": .string(request.method.rawValue), "route": .string(route.pattern),
                "status": .integer(Int64(response.status.code)),
                "milliseconds": .number((ContinuousClock.now - start) / .milliseconds(1)),
            ])
        return response
    }

    private static let passing = HTTPProblem(
        .serviceUnavailable,
        "The database does not answer, or another host takes this over. Repeat the request in a moment.",
        headers: ["Retry-After": "1"])

    private func admitted(_ request: HTTPServerRequest, by route: APIRoute, logger: Logger) async throws
        -> HTTPServerResponse
    {
        guard case .scopes(let scopes, let role) = route.access else {
            return try await route.handle(self.context, APIRequest(http: request, principal: nil, logger: logger))
        }
        if route.isForPrograms, !self.context.origins.allows(request.headers) { throw Problems.forbiddenOrigin }
        guard let principal = try await self.context.authenticator.principal(of: request.headers),
            !(route.isForPrograms && principal.isCookie)
        else { throw Problems.unauthorized }
        if principal.isCookie,
            !self.context.origins.allowsCookie(
                request.headers, changes: Self.changes(request) || route.isLive, isPage: route.isPage)
        {
            throw Problems.forbiddenOrigin
        }
        let now = self.context.now()
        if let wait = self.limiter.withLock({ $0.take(principal.credential.id, at: now) }) {
            throw Problems.tooManyRequests((Int(wait) + 999) / 1_000)
        }
        guard principal.has(anyOf: scopes) else { throw Problems.missingScope(scopes) }
        guard principal.role >= role else { throw Problems.missingRole(role, held: principal.role) }
        let logger = logger.with(["credential": .string(principal.credential.id)])
        let share = try await self.budget.reserve(Self.memory(for: request, route), for: principal.credential.id)
        var outcome = Forwarder.Outcome.here(request)
        if let forwarder = self.context.forwarder, let place = try await self.place(of: request, route) {
            outcome = try await forwarder.pass(request, about: place)
        }
        var response: HTTPServerResponse
        switch outcome {
        case .answered(let answer): response = answer
        case .here(let request):
            response = try await route.handle(
                self.context, APIRequest(http: request, principal: principal, logger: logger, front: self))
        }
        // A long answer has reserved more.
        if response.share == nil { response.share = share }
        return response
    }

    /// What only the host that has it can change or show; nil for what every host can.
    private func place(of request: HTTPServerRequest, _ route: APIRoute) async throws -> Place? {
        guard let subject = route.subject, Self.changes(request) || route.isInWorkspace,
            let id = request.parameters["id"]
        else { return nil }
        return try await self.context.store.read { ledger in
            let session: String? =
                switch subject {
                case .thread: id
                case .operation: try ledger.turn(id: id)?.session
                case .ask: try ledger.ask(id: id)?.session
                }
            return try session.flatMap { try ledger.session(id: $0) }.map { Place(of: $0.key) }
        }
    }

    /// What a request and its answer may take, in bytes. A body without a length may reach the limit.
    private static func memory(for request: HTTPServerRequest, _ route: APIRoute) -> Int {
        let body: Int =
            switch request.head.framing {
            case .none: 0
            case .length(let length): min(length, route.bodyMemory)
            case .chunked: route.bodyMemory
            }
        return route.answerMemory(with: request.query) + body
    }

    /// A page for browsers, a problem for programs.
    private func response(to problem: HTTPProblem, request: HTTPServerRequest, route: APIRoute) -> HTTPServerResponse {
        guard route.isPage, Self.isBrowser(request) else { return .problem(problem) }
        if problem.status == .unauthorized {
            let next = PercentEncoding.encode(request.target)
            return HTTPServerResponse(.seeOther, headers: ["Location": "/?next=\(next)"])
        }
        let page = ViewerLayout(theme: Self.theme(of: request)).notice(title: problem.title, text: problem.detail)
        var response = HTTPServerResponse(problem.status, .html, bytes: page.utf8)
        response.headers["Content-Security-Policy"] = SecurityHeaders.viewerPolicy
        return response
    }

    /// The theme chosen in the chat.
    static func theme(of request: HTTPServerRequest) -> ViewerLayout.Theme? {
        ViewerLayout.Theme(cookie: HTTPCookie.value(of: "jetbridge_theme", in: request.headers))
    }

    static func isBrowser(_ request: HTTPServerRequest) -> Bool {
        request.headers.list(of: "accept").contains { $0.hasPrefix("text/html") }
    }

    private static func changes(_ request: HTTPServerRequest) -> Bool {
        ![.get, .head, .options].contains(request.method)
    }
}
