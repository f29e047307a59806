internal import HTTP
internal import HTTPClient
internal import HTTPServer

/// What is tried for a request, and what the answers show about the upstream.
extension Passage {
    /// - Parameter hasBegun: Whether the first attempt was made, with the body as it is.
    func plan(_ preparation: Preparation, hasBegun: Bool = false) async throws -> AttemptPlan {
        let own = AttemptPlan.Form(api: nil, urls: preparation.urls)
        guard self.isModelRequest(preparation.target), self.body.canBeSent,
            !self.request.headers.contains("content-encoding")
        else { return AttemptPlan(forms: [own]) }
        try await self.body.fill()
        guard let body = self.body.whole else { return AttemptPlan(forms: [own]) }
        var forms = [own]
        if let api = preparation.api {
            for other in ModelAPI.allCases where other != api {
                forms.append(.init(api: other, urls: self.urls(of: other, preparation)))
            }
        }
        guard !hasBegun, self.proxy.needsModel, let asked = await Self.model(in: body) else {
            return AttemptPlan(forms: forms)
        }
        let settings = self.proxy.settings
        let model = settings.aliases[asked] ?? asked
        if let learnt = preparation.api.flatMap({ self.proxy.memory.form(of: $0, for: model) }),
            let index = forms.firstIndex(where: { $0.api == learnt })
        {
            forms.insert(forms.remove(at: index), at: 0)
        }
        // A key's models limit those that stand in, too.
        let others = (settings.fallbacks[model] ?? []).filter { self.record.key?.models?.contains($0) ?? true }
        return AttemptPlan(models: [model == asked ? nil : model] + others, forms: forms)
    }

    func urls(of api: ModelAPI, _ preparation: Preparation) -> [HTTPURL] {
        let target = UpstreamTarget(path: "/v1\(api.path)", query: nil, upstream: preparation.access.url)
        return target.urls(keepsVersion: self.proxy.memory.keepsVersion(of: target.path))
    }

    func learn(_ url: HTTPURL, _ preparation: Preparation) {
        guard preparation.target.unmapped != nil else { return }
        self.proxy.memory.learn(preparation.target.path, keepsVersion: url == preparation.target.unmapped)
    }

    func learn(_ plan: AttemptPlan, _ answer: UpstreamAnswer, _ preparation: Preparation) async throws {
        guard answer.status.isSuccess else { return }
        guard let form = plan.form.api else {
            self.learn(plan.url, preparation)
            if let api = preparation.api, self.proxy.memory.hasForms, let body = self.body.whole,
                let model = await self.model(of: plan, body)
            {
                self.proxy.memory.learn(api, for: model, form: api)
            }
            return
        }
        let target = UpstreamTarget(path: "/v1\(form.path)", query: nil, upstream: preparation.access.url)
        if target.unmapped != nil {
            self.proxy.memory.learn(target.path, keepsVersion: plan.url == target.unmapped)
        }
        guard let api = preparation.api, let body = self.body.whole, let model = await self.model(of: plan, body) else {
            return
        }
        self.proxy.memory.learn(api, for: model, form: form)
    }

    func model(of plan: AttemptPlan, _ body: [UInt8]) async -> String? {
        if let model = plan.model { return model }
        return await Self.model(in: body)
    }

    /// Off the loop, because a body may have megabytes.
    @concurrent static func model(in body: [UInt8]) async -> String? { ModelName.find(in: body) }
}
