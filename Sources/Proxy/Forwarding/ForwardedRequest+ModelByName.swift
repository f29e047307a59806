internal import HTTP
internal import HTTPClient
internal import HTTPServer
internal import JSON

/// `GET /v1/models/MODEL`, for upstreams that only have the list.
extension ForwardedRequest {
    /// The model that the path names.
    var askedModel: String? {
        guard case .path(let model) = ModelSource(self.request.method, self.path) else { return nil }
        return model
    }

    /// The model's entry in the upstream's list; nil if the path names none, or the upstream has no list either.
    func listedModel(_ preparation: Preparation) async throws -> HTTPServerResponse? {
        guard let model = self.askedModel else { return nil }
        let target = UpstreamTarget(path: "/v1/models", query: nil, upstream: preparation.access.url)
        var list = preparation
        ModelList.requestWhole(&list.fields)
        let models = ModelList(models: nil, aliases: self.proxy.models.aliases)
        for url in target.urls(keepsVersion: self.proxy.memory.keepsVersion(of: target.path)) {
            let response = try await self.proxy.client.execute(self.outgoing(list, to: url, by: preparation.access))
            guard response.status.isSuccess, let body = try? await response.body.collect(upTo: ModelList.limit) else {
                continue
            }
            switch await models.find(model, in: body) {
            case .entry(let entry): return self.own(entry)
            case .missing: throw ProxyRefusal.modelNotFound(model)
            case .unreadable: continue
            }
        }
        return nil
    }
}
