internal import HTTP
internal import HTTPClient
internal import HTTPServer

/// The limits of the client's key.
extension ForwardedRequest {
    /// ``permit()`` without a wait; false if it must wait.
    func permitKnown(_ key: ClientKey) throws(ProxyRefusal) -> Bool {
        guard key.models == nil, !self.mayListAliases else { return false }
        let estimate = self.tokenEstimate
        guard estimate > 0 else { return true }
        if let spending = self.proxy.spending, try !spending.checkKnown(key) { return false }
        guard self.charge == nil, key.tokensPerDay != nil else { return true }
        guard try self.proxy.budget.chargeKnown(estimate, to: key, at: self.proxy.now()) else { return false }
        self.charge = estimate
        return true
    }

    /// The tokens of an answer of unknown length.
    static let estimatedOutput = 1_000

    /// The tokens that the request is charged until its own are known; 0 for one that asks for none. Four bytes are
    /// about one token.
    private var tokenEstimate: Int {
        guard self.request.method == .post, !self.path.hasSuffix("/messages/count_tokens") else { return 0 }
        return (self.length ?? 0) / 4 + Self.estimatedOutput
    }

    // Change: a model's alias in the proxy, and its keys
    /// Refuses what the client's key does not allow. If the key is limited to models, the whole body is read first:
    /// until its end, it may name another model.
    func permit() async throws {
        guard let key = self.record.key else { return }
        let estimate = self.tokenEstimate
        if estimate > 0 { try await self.proxy.spending?.check(key) }
        if estimate > 0, self.charge == nil, key.tokensPerDay != nil {
            try await self.proxy.budget.charge(estimate, to: key, at: self.proxy.now())
            self.charge = estimate
        }
        let source = ModelSource(self.request.method, self.path)
        if source == .list, key.models != nil || self.mayListAliases {
            self.listing = ModelList(models: key.models, aliases: self.proxy.models.aliases)
        }
        guard let models = key.models else { return }
        switch source {
        case nil:
            throw ProxyRefusal.pathNotAllowed(models)
        case .list:
            break
        case .path(let model):
            do throws(ProxyRefusal) {
                try self.proxy.gatekeeper.check(model: model, for: key)
            } catch {
                throw ProxyRefusal.modelNotFound(model)
            }
        case .body:
            let asked = try await self.requestedModel()
            let model = asked.map { self.proxy.models.permitted($0, among: models) }
            try self.proxy.gatekeeper.check(model: model, for: key)
        }
    }

    /// Whether the answer may be a list that lacks the proxy's aliases.
    private var mayListAliases: Bool {
        !self.proxy.models.aliases.isEmpty && self.request.method == .get && self.path.hasSuffix("/models")
    }

    /// The model that the body names; nil if that is not certain.
    private func requestedModel() async throws -> String? {
        guard ModelSource.isPlainJSON(self.request.headers) else { return nil }
        self.body.keep(length: self.length, in: self.proxy.keptBytes)
        guard (self.length ?? 0) <= self.body.limit, try await self.body.fillWhole() else {
            throw ProxyRefusal.bodyTooLarge(limit: self.longestBody(unannounced: "1 MiB"))
        }
        return await self.model(in: self.body.beginning)
    }

    // MARK: The list of models

    /// ``deliver(_:_:shown:)``, with a list of models as the client sees it. The upstream's list is cached for all keys.
    func deliverListed(_ upstream: UpstreamAnswer, _ preparation: Preparation) async throws -> HTTPServerResponse {
        let response = upstream.response
        guard self.listing != nil else { return self.deliver(upstream, preparation) }
        guard response.status.isSuccess else { return await self.listed(self.deliver(upstream, preparation)) }
        let body = try await Self.list(in: response)
        let isMounted = !self.proxy.prefix.isEmpty
        var answer = HTTPServerResponse(
            response.status, headers: ForwardedHeaders.response(response.headers, isMounted: isMounted),
            body: .bytes(body))
        guard let listed = await self.listing(of: answer) else { throw ProxyRefusal.modelsUnreadable }
        if var entry = preparation.lookup.entry(for: response), body.count <= self.proxy.cache.bodyLimit {
            entry.body = body
            preparation.lookup.keep(entry)
        }
        answer = listed
        answer.headers.append("X-Request-Id", self.record.trace)
        if isMounted { Self.harden(&answer.headers) }
        self.record.firstByte = self.elapsed()
        self.record.responseBytes = body.count
        self.end(.complete, status: response.status.code)
        return answer
    }

    /// The cached list, as the client sees it.
    func listed(_ answer: HTTPServerResponse) async -> HTTPServerResponse {
        guard self.listing != nil, answer.status.isSuccess else { return answer }
        return await self.listing(of: answer) ?? ProxyRefusal.modelsUnreadable.response(at: self.path)
    }

    /// Nil for a list that cannot be read, if the key may not see all of it.
    private func listing(of answer: HTTPServerResponse) async -> HTTPServerResponse? {
        guard let listing = self.listing, case .bytes(let body) = answer.body else { return nil }
        guard let list = await listing.shownOnPool(body) else { return listing.models == nil ? answer : nil }
        var answer = answer
        ModelList.describeShown(&answer.headers)
        answer.body = .bytes(list)
        return answer
    }

    private static func list(in response: HTTPClientResponse) async throws -> [UInt8] {
        do {
            return try await response.body.collect(upTo: ModelList.limit)
        } catch let error as HTTPClientError where error.code == .tooLarge {
            throw ProxyRefusal.modelsUnreadable
        }
    }
}
