internal import Crypto
internal import EventLoop
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives

/// From a request to its answer.
extension GitHubHub {
    func answer(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let path = String(request.path)
        if let service = GitHubGitServer.Service(request) {
            return try await self.faulted(service.route, request, noting: true) {
                try await GitHubGitServer.answer(service, request, self)
            }
        }
        if path == "/graphql" {
            let body = try await request.body.collect()
            return try await self.faulted("POST /graphql", request) {
                await self.api(request, "POST /graphql") { actor throws(GitHubProblem) in
                    Prepared(
                        resource: "graphql", isWrite: GitHubGraphQL.isMutation(body),
                        isContent: GitHubGraphQL.isMutation(body)
                    ) {
                        try await GitHubGraphQL.answer(body, self, actor)
                    }
                }
            }
        }
        let segments = path.split(separator: "/").map { PercentEncoding.decode($0) ?? String($0) }
        let roots: Set<String> = ["user", "repos", "orgs", "rate_limit", "app", "installation"]
        guard segments.first.map({ roots.contains($0) }) == true else {
            return try await self.faulted("web", request, noting: true) { try await self.page(segments) }
        }
        let found = self.route(request.method, segments)
        let name = found?.route.name ?? "\(request.method.rawValue) unknown"
        let body = try await request.body.collect()
        return try await self.faulted(name, request) {
            await self.api(request, name) { actor throws(GitHubProblem) in
                guard let (route, parameters) = found else { throw GitHubProblem.notFound }
                var call = GitHubCall(
                    path: "/" + segments.joined(separator: "/"), query: request.query,
                    headers: request.headers, body: try Self.parse(body), actor: actor, parameters: parameters,
                    now: self.now)
                try self.check(route, &call, request)
                let prepared = call
                return Prepared(
                    resource: "core", isWrite: request.method != .get && request.method != .head,
                    isContent: route.isContent, need: route.need
                ) { try await route.work(self, prepared) }
            }
        }
    }

    /// A request that may be answered, with what it costs.
    struct Prepared {
        var resource: String
        var isWrite: Bool
        var isContent: Bool
        var need: GitHubNeed?
        var work: @Net @Sendable () async throws -> GitHubReply
    }

    private static func parse(_ body: [UInt8]) throws(GitHubProblem) -> JSON {
        guard !body.isEmpty else { return .object(JSONObject()) }
        guard let json = try? JSON.parse(body) else { throw GitHubProblem(400, "Problems parsing JSON") }
        return json
    }

    /// Plays a queued fault or hold around the work, which goes on if the client leaves.
    private func faulted(
        _ name: String, _ request: HTTPServerRequest, noting: Bool = false,
        _ work: @escaping @Net () async throws -> HTTPServerResponse
    ) async throws -> HTTPServerResponse {
        while self.holds.contains(name) {
            self.changed.wakeAll()
            try await self.held.wait()
        }
        func done() async throws -> HTTPServerResponse {
            // A client that leaves must not stop the work.
            let response = try await Task { try await work() }.value
            if noting { self.note(request, name, status: response.status.code) }
            return response
        }
        var fault: GitHubFault?
        if let queued = self.faults[name], !queued.isEmpty { fault = self.faults[name]?.removeFirst() }
        switch fault {
        case nil: return try await done()
        case .answer(let status, let body, let headers):
            self.note(request, name, status: status)
            var response = HTTPServerResponse(HTTPStatus(status), body: .bytes(Array(body.utf8)))
            for (name, value) in headers { response.headers.append(name, value) }
            if headers["Content-Type"] == nil {
                response.headers.append("Content-Type", "application/json; charset=utf-8")
            }
            return response
        case .delay(let seconds):
            let response = try await done()
            try await EventLoop.shared.sleep(for: .milliseconds(Int64(seconds * 1_000)))
            return response
        case .cut:
            self.note(request, name, status: 0)
            throw CancellationError()
        case .loseAnswer:
            _ = try await done()
            throw CancellationError()
        case .hang: self.note(request, name, status: 0)
        case .hangAfter: _ = try await done()
        }
        // Ends when the client disconnects.
        try await EventLoop.shared.sleep(for: .seconds(86_400))
        throw CancellationError()
    }

    private func note(_ request: HTTPServerRequest, _ route: String, login: String = "", status: Int) {
        self.ledger.note(
            GitHubLoggedCall(
                route: route, target: request.target, login: login, headers: request.headers, status: status))
        self.changed.wakeAll()
    }

    // MARK: Rules of every call

    private func api(
        _ request: HTTPServerRequest, _ name: String,
        _ prepare: @Net (GitHubActor) async throws(GitHubProblem) -> Prepared
    ) async -> HTTPServerResponse {
        var reply: GitHubReply
        var actor: GitHubActor?
        var prepared: Prepared?
        var hasBegun = false
        do throws(GitHubProblem) {
            if request.headers["user-agent"]?.isEmpty ?? true {
                throw GitHubProblem(
                    403,
                    "Request forbidden by administrative rules. Please make sure your request has a User-Agent header")
            }
            if let version = request.headers["x-github-api-version"], !["2022-11-28", "2026-03-10"].contains(version) {
                throw GitHubProblem(400, "\"\(version)\" is not a valid version of the API.")
            }
            let known = try await self.authenticate(request.headers)
            actor = known
            let ready: Prepared
            do {
                ready = try await prepare(known)
            } catch {
                // A refused request counts, too.
                prepared = Prepared(
                    resource: "core", isWrite: request.method != .get, isContent: false, need: nil,
                    work: { throw error })
                throw self.begin(known, prepared, name) ?? error
            }
            prepared = ready
            if name != "GET /rate_limit", let refusal = self.begin(known, ready, name) { throw refusal }
            hasBegun = name != "GET /rate_limit"
            reply = await self.perform(ready, name)
        } catch {
            reply = GitHubReply(error)
        }
        let resource = prepared?.resource ?? "core"
        if let actor {
            let key = self.meterKey(actor)
            if hasBegun { self.meters[key]?.end() }
            if request.method == .get || request.method == .head, reply.status == 200 {
                let tag = "W/\"\(hex(sha256(reply.body + Array(actor.key.utf8))))\""
                reply.headers.append(("ETag", tag))
                reply.headers.append(("Cache-Control", "private, max-age=60, s-maxage=60"))
                if (request.headers["if-none-match"] ?? "").contains(tag.dropFirst(2)) {
                    reply.status = 304
                    reply.body = []
                    if actor.key != "anonymous", hasBegun { self.meters[key]?.giveBack(resource) }
                }
            }
        }
        self.note(request, name, login: actor?.login ?? "", status: reply.status)
        return self.response(reply, actor, prepared, resource)
    }

    private func perform(_ prepared: Prepared, _ name: String) async -> GitHubReply {
        do {
            return try await prepared.work()
        } catch let problem as GitHubProblem {
            return GitHubReply(problem)
        } catch {
            return GitHubReply(["message": .string("Server Error: \(name): \(error)")], status: 500)
        }
    }

    private func response(
        _ reply: GitHubReply, _ actor: GitHubActor?, _ prepared: Prepared?, _ resource: String
    ) -> HTTPServerResponse {
        var response = HTTPServerResponse(HTTPStatus(reply.status), body: .bytes(reply.body))
        for (name, value) in reply.status == 304 ? reply.headers : reply.allHeaders {
            response.headers.append(name, value)
        }
        response.headers.append("Server", "github.com")
        response.headers.append("X-GitHub-Request-Id", self.nextRequestID())
        response.headers.append("X-GitHub-Media-Type", "github.v3; format=json")
        response.headers.append("X-GitHub-Api-Version-Selected", "2022-11-28")
        guard let actor else { return response }
        if let scopes = actor.token.scopes, actor.key != "anonymous" {
            response.headers.append("X-OAuth-Scopes", scopes.sorted().joined(separator: ", "))
            if !response.headers.contains("x-accepted-oauth-scopes") {
                let accepted = (prepared?.need?.scopes ?? []).sorted().joined(separator: ", ")
                response.headers.append("X-Accepted-OAuth-Scopes", accepted)
            }
        } else if let accepted = prepared?.need?.accepted, !response.headers.contains("x-accepted-github-permissions") {
            response.headers.append("X-Accepted-GitHub-Permissions", accepted)
        }
        for (name, value) in self.budget(of: actor, resource) {
            response.headers.append("X-RateLimit-\(name)", String(value))
        }
        response.headers.append("X-RateLimit-Resource", resource)
        return response
    }

    // MARK: Limits

    /// Tokens of one person share a limit.
    private func meterKey(_ actor: GitHubActor) -> String {
        switch actor.token.kind {
        case .installation(let id, _, _): "installation \(id)"
        default: actor.key == "anonymous" || actor.key.hasPrefix("app ") ? actor.key : "user \(actor.login)"
        }
    }

    private func limit(_ actor: GitHubActor, _ resource: String) -> Int {
        if actor.key == "anonymous" { return resource == "core" ? self.limits.anonymous : 0 }
        return resource == "core" ? self.limits.hourly : self.limits.hourlyGraphQL
    }

    /// What is left of the hour.
    func budget(of actor: GitHubActor, _ resource: String) -> [(name: String, value: Int)] {
        let limit = self.limit(actor, resource)
        let hour = (self.meters[self.meterKey(actor)] ?? GitHubMeter()).hour(resource, now: self.now)
        return [
            ("Limit", limit), ("Remaining", max(0, limit - hour.used)), ("Used", hour.used), ("Reset", Int(hour.reset)),
        ]
    }

    /// Counts a request, or refuses it.
    private func begin(_ actor: GitHubActor, _ prepared: Prepared?, _ name: String) -> GitHubProblem? {
        guard let prepared else { return nil }
        let key = self.meterKey(actor)
        let limit = self.limit(actor, prepared.resource)
        var meter = self.meters[key] ?? GitHubMeter()
        let refusal = meter.begin(
            prepared.resource, isWrite: prepared.isWrite, isContent: prepared.isContent, limit: limit, self.limits,
            now: self.now)
        self.meters[key] = meter
        self.ledger.note(peak: meter.peak)
        let documentation = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"
        switch refusal {
        case nil: return nil
        case .primary:
            self.ledger.note(limit: "primary")
            let who = actor.key == "anonymous" ? "127.0.0.1" : "user ID \(self.user(actor.login).id)"
            if prepared.resource == "graphql" {
                var problem = GitHubProblem(200, "API rate limit exceeded for \(who).")
                problem.errors = [["type": "RATE_LIMITED", "message": .string("API rate limit exceeded for \(who).")]]
                return problem
            }
            var problem = GitHubProblem(
                403,
                "API rate limit exceeded for \(who). If you reach out to GitHub Support for help, please include the "
                    + "request ID \(self.nextRequestID()).")
            problem.more["documentation_url"] = .string(documentation)
            return problem
        case .secondary(let seconds):
            self.ledger.note(limit: "secondary")
            var problem = GitHubProblem(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you "
                    + "reach out to GitHub Support for help, please include the request ID \(self.nextRequestID()).")
            problem.headers = [("Retry-After", String(seconds))]
            problem.more["documentation_url"] = .string(documentation + "#about-secondary-rate-limits")
            return problem
        }
    }
}
