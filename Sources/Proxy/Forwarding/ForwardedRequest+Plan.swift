internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import HTTPServer

/// What is tried for a request, and what the answers show about the upstream.
extension ForwardedRequest {
    /// - Parameter hasBegun: Whether the first attempt was made, with the body as it is.
    func plan(_ preparation: Preparation, hasBegun: Bool = false) async throws -> AttemptPlan {
        let own = AttemptPlan.Form(api: nil, target: preparation.target, urls: preparation.urls)
        guard self.isModelRequest(preparation.target), !self.request.headers.contains(.contentEncoding) else {
            return AttemptPlan(forms: [own])
        }
        try await self.body.fill()
        guard let body = self.body.whole else {
            if !hasBegun { try await self.refuseAlias() }
            return AttemptPlan(forms: [own], isTooLong: true)
        }
        var forms = [own]
        if let api = preparation.api {
            forms += ModelAPI.allCases.filter { $0 != api }.map { self.form($0, at: preparation.access) }
        }
        guard !hasBegun, self.proxy.needsModel, let asked = await self.model(in: body) else {
            return AttemptPlan(forms: forms)
        }
        let model = self.proxy.models.model(named: asked)
        if let learnt = preparation.api.flatMap({ self.proxy.memory.form(of: $0, for: model) }),
            let index = forms.firstIndex(where: { $0.api == learnt })
        {
            forms.insert(forms.remove(at: index), at: 0)
        }
        let others = self.proxy.models.replacements(of: asked, among: self.record.key?.models)
        return AttemptPlan(models: [model == asked ? nil : model] + others, forms: forms)
    }

    /// Refuses an alias that cannot be replaced, because the body is not kept whole: the upstream does not know it. An
    /// alias that the body names only after its beginning passes unseen.
    private func refuseAlias() async throws {
        guard !self.proxy.models.aliases.isEmpty, let asked = await Self.model(atBeginning: self.body.beginning)
        else { return }
        let model = self.proxy.models.model(named: asked)
        guard model != asked else { return }
        throw ProxyRefusal.aliasTooLong(asked, of: model, limit: self.longestBody(unannounced: "512 KiB"))
    }

    /// How long a body may be that is kept whole, for the refusal of a longer one.
    ///
    /// - Parameter unannounced: how long, if its length is not known from the start.
    func longestBody(unannounced: String) -> String {
        let most = "\(ReplayBody.longLimit >> 20) MiB"
        guard let length = self.length else { return "\(unannounced) if its length is not announced, else \(most)" }
        return length > ReplayBody.longLimit
            ? most : "\(ReplayBody.keepLimit >> 20) MiB while many long requests are in progress"
    }

    private func form(_ api: ModelAPI, at access: UpstreamAccess) -> AttemptPlan.Form {
        let target = UpstreamTarget(path: "/v1\(api.path)", query: nil, upstream: access.url)
        let urls = target.urls(keepsVersion: self.proxy.memory.keepsVersion(of: target.path))
        return AttemptPlan.Form(api: api, target: target, urls: urls)
    }

    /// Notes that the upstream has a path at this URL.
    func learn(_ url: HTTPURL, of target: UpstreamTarget) {
        guard target.unmapped != nil else { return }
        self.proxy.memory.learn(target.path, keepsVersion: url == target.unmapped)
    }

    /// Notes what an attempt's answer shows: where the path is, and in which form the model is asked.
    func learn(_ plan: AttemptPlan, _ answer: UpstreamAnswer, _ preparation: Preparation) async {
        guard answer.status.isSuccess else { return }
        self.learn(plan.url, of: plan.form.target)
        guard let api = preparation.api, plan.form.api != nil || self.proxy.memory.hasForms,
            let body = self.body.whole, let model = await self.model(of: plan, body)
        else { return }
        self.proxy.memory.learn(api, for: model, form: plan.form.api ?? api)
    }

    func model(of plan: AttemptPlan, _ body: [UInt8]) async -> String? {
        if let model = plan.model { return model }
        return await self.model(in: body)
    }

    /// Off the loop, because a body may have megabytes.
    @concurrent private static func model(atBeginning bytes: [UInt8]) async -> String? {
        ModelName.find(atBeginning: bytes)
    }
}

/// A request prepared for the upstream.
@Net
struct Preparation {
    let access: UpstreamAccess
    let target: UpstreamTarget
    /// Where it is sent, in the order in which the URLs are tried.
    let urls: [HTTPURL]
    /// Whether it is known which of the URLs is right.
    let isKnownPath: Bool
    /// The form in which a model is asked; nil for other requests.
    let api: ModelAPI?
    /// All but `Authorization`.
    var fields: HTTPHeaders
    let lookup: CacheLookup
}
