internal import HTTP
internal import HTTPServer
internal import JSON

extension Passage {
    /// The longest answer that is translated as a whole, in bytes.
    private static let translationLimit = 32 << 20

    /// The client's answer if no attempt gave one.
    func finish(_ failed: FailedAttempts, _ preparation: Preparation) async throws -> HTTPServerResponse {
        if let fault = failed.fault { throw fault }
        if let explanation = failed.explanation { throw explanation }
        guard let best = failed.best else { throw ProxyRefusal.failed }
        return try await self.finish(best, preparation, isMissing: failed.isPathMissing)
    }

    /// The client's form of an answer.
    ///
    /// - Parameter isMissing: whether no attempt found the path.
    func finish(
        _ answer: UpstreamAnswer, _ preparation: Preparation, isMissing: Bool = false
    ) async throws -> HTTPServerResponse {
        if isMissing, self.isCount(preparation), let body = self.body.whole,
            let count = await Self.estimate(body)
        {
            return self.own(count)
        }
        guard let translation = answer.translation, !answer.isStream || !answer.status.isSuccess else {
            return try await self.deliverReduced(answer, preparation)
        }
        var answer = answer
        try await answer.read(upTo: Self.translationLimit)
        guard answer.isWhole, let shown = await Self.translated(answer, by: translation) else {
            throw ProxyRefusal.unreadableAnswer
        }
        // With the upstream's 200, clients would take an error for an answer.
        return self.deliver(answer, preparation, shown: shown.bytes, status: shown.isError ? .badGateway : nil)
    }

    /// The answer or error for the client, and whether it is an error with a status of success. Nil for an answer that
    /// is not JSON although it should be.
    @concurrent private static func translated(
        _ answer: UpstreamAnswer, by translation: Translation
    ) async -> (bytes: [UInt8], isError: Bool)? {
        let json = try? JSON.parse(answer.beginning)
        guard answer.status.isSuccess else {
            return (translation.error(json, status: answer.status.code).bytes, false)
        }
        return json.map { json in
            let (document, isError) = translation.outcome(of: json)
            return (document.bytes, isError)
        }
    }

    /// Whether the client asks how many tokens a request would have, which not every upstream can say.
    func isCount(_ preparation: Preparation) -> Bool {
        self.request.method == .post && preparation.target.path == "/messages/count_tokens"
    }

    @concurrent private static func estimate(_ body: [UInt8]) async -> JSON? {
        (try? JSON.parse(body)).map { ["input_tokens": .integer(Int64(TokenEstimate.of(messages: $0)))] }
    }

    /// The length of the body, if it is known.
    var length: Int? {
        if case .length(let length) = self.request.head.framing { length } else { nil }
    }
}
