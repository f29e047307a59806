internal import Primitives

/// Remembers the dialect that each model of an endpoint understands.
package final class DialectMemory: Sendable {
    /// People type model names, so the number of entries is bounded.
    private static let capacity = 256

    private let first: OpenAIDialect
    private let learnt = Protected<[String: OpenAIDialect]>([:])
    /// The digests of images that a model was refused with, newest last.
    private let refusedImages = Protected<[String: [String]]>([:])
    private static let imageCapacity = 64

    /// - Parameter first: assumed for a model before its first refusal.
    package init(_ first: OpenAIDialect) {
        self.first = first
    }

    package func dialect(of model: String) -> OpenAIDialect {
        self.learnt.withLock { $0[model] } ?? self.first
    }

    /// Drops the parameter that `dialect` was refused for, and remembers that. Returns whether there was one.
    package func adapt(_ dialect: OpenAIDialect, of model: String, to refusal: EndpointRefusal) -> Bool {
        guard refusal.status == 400 || refusal.status == 422 else { return false }
        var adapted = dialect
        guard adapted.adapt(to: refusal.text) else { return false }
        self.learnt.withLock { [adapted] learnt in
            if learnt[model] == nil, learnt.count >= Self.capacity { learnt.removeAll() }
            learnt[model] = adapted
        }
        return true
    }
}

extension DialectMemory {
    /// The request with notes in the place of images that `model` was refused with.
    package func withoutRefusedImages(_ request: ModelRequest, for model: String) -> ModelRequest {
        guard request.hasImages, let refused = self.refusedImages.withLock({ $0[model] }) else { return request }
        var request = request
        request.messages = request.messages.map { $0.keeping { !refused.contains($0.digest) } }
        return request
    }

    /// Gives up the images of a request that was refused for them, and remembers that: one image that a model cannot
    /// take would otherwise end its thread. Returns whether there were any.
    package func giveUpImages(of request: ModelRequest, for model: String, after refusal: EndpointRefusal) -> Bool {
        guard request.hasImages, refusal.isAboutImages else { return false }
        let digests = request.messages.flatMap(\.images).map(\.digest)
        self.refusedImages.withLock { refused in
            if refused[model] == nil, refused.count >= Self.capacity { refused.removeAll() }
            refused[model] = Array(((refused[model] ?? []) + digests).suffix(Self.imageCapacity))
        }
        return true
    }
}

extension EndpointRefusal {
    /// Whether images may be the reason. Some servers call it their own error; a body that is too large becomes much
    /// smaller without them.
    fileprivate var isAboutImages: Bool {
        if self.status == 413 { return true }
        guard [400, 415, 422, 500].contains(self.status) else { return false }
        let words = self.text.lowercased()
        return ["image", "vision", "multimodal", "multi-modal", "content must be a string"].contains {
            words.contains($0)
        }
    }
}
