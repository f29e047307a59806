internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import Primitives

extension ForwardedRequest {
    /// The final answer for the client.
    func send(_ preparation: Preparation) async throws -> HTTPServerResponse {
        try await self.attempt(try await self.plan(preparation), preparation, first: nil)
    }

    /// Whether another attempt could not improve on this answer.
    func isFinal(_ response: HTTPClientResponse, _ preparation: Preparation) -> Bool {
        switch response.status.code {
        case 401:
            return !self.body.canBeSent || self.request.method == .trace
                || self.proxy.account.isRefused(at: preparation.target.path)
        case 404:
            let isMissing =
                preparation.urls.count > 1 || preparation.api != nil || self.isCount(preparation)
                || self.askedModel != nil
            return !isMissing || !self.body.canBeSent
        case 400: return (preparation.api == nil && !self.isCount(preparation)) || !self.body.canBeSent
        default:
            if response.status.isSuccess, !preparation.isKnownPath {
                self.learn(preparation.urls[0], of: preparation.target)
            }
            return true
        }
    }

    /// Continues after a first answer that another attempt may improve on: with a new token if the upstream rejected
    /// the old one, at another path, or in another form of the API.
    func reconsider(_ first: HTTPClientResponse, _ preparation: Preparation) async throws -> HTTPServerResponse {
        try await self.attempt(try await self.plan(preparation, hasBegun: true), preparation, first: first)
    }

    // MARK: Attempts

    /// Makes the attempts of a plan, until one gives the client's answer.
    private func attempt(
        _ plan: AttemptPlan, _ preparation: Preparation, first: HTTPClientResponse?
    ) async throws -> HTTPServerResponse {
        var plan = plan
        var access = preparation.access
        var begun = first
        var failed = FailedAttempts()
        var corrections = 0
        while true {
            var edited: EditedBody
            do {
                edited = try await self.edited(plan, preparation)
                self.leftOut = edited.leftOut
            } catch let error as ProxyRefusal {
                // The other forms would wait as well.
                guard error.status != .tooManyRequests else { throw error }
                failed.add(error, isKnown: self.proxy.memory.keepsVersion(of: plan.form.target.path) != nil)
                // Before any answer, the form is the one that the model is known to have.
                if failed.best != nil, plan.advance(after: .unsupported) { continue }
                return try await self.finish(failed, preparation)
            }
            var answer: UpstreamAnswer
            do {
                let request = self.outgoing(preparation, to: plan.url, by: access, edited)
                var response: HTTPClientResponse
                if let begun = begun.take() {
                    response = begun
                } else {
                    response = try await self.proxy.client.execute(request)
                }
                if response.status == .unauthorized, access.generation == preparation.access.generation,
                    self.request.method != .trace, self.body.canBeSent,
                    !self.proxy.account.isRefused(at: preparation.target.path),
                    let other = try await self.replaced(access)
                {
                    access = other
                    response = try await self.proxy.client.execute(
                        self.outgoing(preparation, to: plan.url, by: access, edited))
                    if response.status == .unauthorized { self.proxy.account.noteRefusal(at: preparation.target.path) }
                }
                answer = UpstreamAnswer(response, translation: edited.translation)
                edited.share = nil
            } catch let error as HTTPClientError {
                if !plan.isStandIn { failed.add(error) }
                if self.body.canBeSent, plan.advance(after: .failed) { continue }
                return try await self.finish(failed, preparation)
            }
            let outcome = try await self.outcome(of: &answer, preparation, isStandIn: plan.isStandIn)
            if corrections < Self.mostCorrections, try await self.learnRefused(answer, plan, edited) {
                corrections += 1
                continue
            }
            guard outcome != .answered else {
                await self.learn(plan, answer, preparation)
                return try await self.finish(answer, preparation)
            }
            failed.add(answer, outcome)
            guard self.body.canBeSent, plan.advance(after: outcome) else {
                // The upstream's 404 would hide that the length is the reason.
                if plan.isTooLong, preparation.api != nil, outcome != .failed {
                    throw ProxyRefusal.translationTooLong(limit: self.longestBody(unannounced: "512 KiB"))
                }
                return try await self.finish(failed, preparation)
            }
        }
    }

    /// Errors that decide about an attempt are short.
    private static let errorLimit = 64 * 1024

    private func outcome(
        of answer: inout UpstreamAnswer, _ preparation: Preparation, isStandIn: Bool
    ) async throws -> AttemptPlan.Outcome {
        /// A replacement that refuses the request says nothing about the requested model.
        let refused: AttemptPlan.Outcome = isStandIn ? .failed : .answered
        switch answer.status.code {
        case 404:
            guard preparation.api != nil || self.isCount(preparation) else { return .missing }
            try await answer.read(upTo: Self.errorLimit)
            return UpstreamError(answer.beginning).isMissingModel ? refused : .missing
        case 400:
            // Token counting exists in no other form, so the proxy estimates instead.
            guard preparation.api != nil || self.isCount(preparation) else { return refused }
            try await answer.read(upTo: Self.errorLimit)
            return UpstreamError(answer.beginning).isUnsupportedForm ? .unsupported : refused
        case 429, 500...599: return .failed
        case 401, 403, 413, 422: return refused
        default: return .answered
        }
    }

    // MARK: Requests

    private func edited(_ plan: AttemptPlan, _ preparation: Preparation) async throws -> EditedBody {
        guard let body = self.body.whole else { return EditedBody() }
        var refused: [RefusedField] = []
        if self.proxy.memory.hasRefusals, self.isModelRequest(preparation.target) {
            let model = await self.model(of: plan, body)
            refused = self.proxy.memory.refused(at: plan.form.target.path, by: model)
        }
        guard plan.form.api != nil || !refused.isEmpty else {
            guard let model = plan.model else { return EditedBody() }
            return try await EditedBody.make(body, model: model, from: preparation.api, to: nil, at: self.proxy.now())
        }
        guard let share = try await self.room(EditedBody.longest(of: body), in: self.proxy.edited),
            let tree = try await self.roomForTree(of: body)
        else { throw ProxyRefusal.tooManyTranslations }
        defer { withExtendedLifetime(tree) {} }
        var edited = try await EditedBody.make(
            body, model: plan.model, from: preparation.api, to: plan.form.api, without: refused, at: self.proxy.now())
        share.settle(at: edited.bytes?.count ?? 0)
        edited.share = share
        return edited
    }

    /// Waits until the body's JSON may be taken apart, which takes many times its bytes and processor time of everybody's
    /// threads. Nil if that takes too long.
    func roomForTree(of body: [UInt8]) async throws -> RequestShare? {
        try await self.room(body.count * Self.treeSize, in: self.proxy.trees)
    }

    private func room(_ bytes: Int, in budget: RequestBudget) async throws -> RequestShare? {
        do {
            return try await budget.reserve(bytes, for: "")
        } catch is HTTPProblem {
            return nil
        }
    }

    /// Bytes of memory for a byte of JSON, at most; measured with small objects.
    private static let treeSize = 16

    /// An upstream names the unknown members one after the other.
    private static let mostCorrections = 4

    /// Notes which members of the request the upstream refuses, if it says so; returns whether another attempt without
    /// them is worthwhile.
    private func learnRefused(
        _ answer: UpstreamAnswer, _ plan: AttemptPlan, _ edited: EditedBody
    ) async throws -> Bool {
        guard answer.status == .badRequest, !answer.beginning.isEmpty, let body = self.body.whole else { return false }
        let named = RefusedField.all(in: answer.beginning)
        // Without room the client gets the upstream's own words.
        guard !named.isEmpty, let share = try await self.roomForTree(of: edited.bytes ?? body) else { return false }
        defer { withExtendedLifetime(share) {} }
        let fields = await EditedBody.those(of: named, in: edited.bytes ?? body)
        guard !fields.isEmpty else { return false }
        self.proxy.memory.learn(plan.form.target.path, of: await self.model(of: plan, body), refuses: fields)
        return true
    }

    private func replaced(_ access: UpstreamAccess) async throws -> UpstreamAccess? {
        do {
            return try await self.proxy.account.replaced(access)
        } catch let error as CancellationError {
            throw error
        } catch {
            // The upstream's own answer is more helpful.
            return nil
        }
    }

    func outgoing(
        _ preparation: Preparation, to url: HTTPURL, by access: UpstreamAccess, _ edited: EditedBody = EditedBody()
    ) -> HTTPClientRequest {
        self.isSent = true
        var outgoing = HTTPClientRequest(self.request.method, url, headers: preparation.fields)
        if self.request.method != .trace { outgoing.headers.append("Authorization", access.authorization) }
        if let bytes = edited.bytes {
            outgoing.body = .bytes(bytes)
            if let form = edited.form { Self.adapt(&outgoing.headers, to: form) }
            return outgoing
        }
        switch self.request.head.framing {
        case .none: break
        case .length(let length): outgoing.body = self.body.outgoing(length: length)
        case .chunked: outgoing.body = self.body.outgoing(length: nil)
        }
        return outgoing
    }

    /// The fields of another form of the API.
    private static func adapt(_ headers: inout HTTPHeaders, to form: ModelAPI) {
        headers["content-type"] = "application/json"
        guard form == .messages else {
            for name in ["anthropic-version", "anthropic-beta"] { headers.remove(name) }
            return
        }
        if !headers.contains("anthropic-version") { headers.append("anthropic-version", "2023-06-01") }
    }
}
