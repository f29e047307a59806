internal import Chat
internal import HTTP
internal import HTTPClient
internal import JSON
internal import Kit
internal import Primitives

extension SlackAdapter {
    /// The most values of an element of a list, such as a message, in an answer with too many values.
    private static let elementLimit = 1_000

    /// Calls a method within the budget; throws without calling Slack when the budget is used up.
    ///
    /// Throws ``SlackFailure`` and `CancellationError`.
    @discardableResult func call(
        _ method: SlackMethod, _ arguments: JSONObject = [:], channel: String? = nil, for use: SlackBudget.Use = .final
    ) async throws -> JSON {
        try await self.exchange(method, arguments, channel: channel, for: use).answer
    }

    /// Like ``call(_:_:channel:for:)``, but waits for the budget; for background work.
    @discardableResult func callPatiently(_ method: SlackMethod, _ arguments: JSONObject) async throws -> JSON {
        for _ in 0..<8 {
            do {
                return try await self.call(method, arguments, for: .decoration)
            } catch let failure as SlackFailure where failure.isRateLimit {
                try await Task.sleep(for: .milliseconds(min(failure.retryAfter ?? 1_000, 120_000)))
            }
        }
        throw SlackFailure("ratelimited", "Slack is throttling \(method.rawValue)", retryAfter: 60_000)
    }

    /// Like ``call(_:_:channel:for:)``, with the answer's headers.
    func exchange(
        _ method: SlackMethod, _ arguments: JSONObject = [:], channel: String? = nil, for use: SlackBudget.Use = .final
    ) async throws -> (answer: JSON, headers: HTTPHeaders) {
        let wait = self.state.withLock { state in
            state.budget.openPreviews = state.growing.count
            return state.budget.take(method, channel: channel, for: use, at: self.now.monotonic)
        }
        guard wait == 0 else {
            throw SlackFailure(
                SlackFailure.budget, "Slack's limit of \(method.rawValue) calls per minute is used up", retryAfter: wait
            )
        }
        do {
            return try await self.send(method, arguments)
        } catch let failure as SlackFailure {
            self.learn(from: failure, of: method, channel: channel)
            throw failure
        }
    }

    private func learn(from failure: SlackFailure, of method: SlackMethod, channel: String?) {
        if failure.isRateLimit {
            self.state.withLock { state in
                state.budget.pause(
                    method, channel: channel, for: failure.retryAfter ?? 1_000, at: self.now.monotonic)
            }
        }
        if failure.isAboutToken, method != .authTest, method != .openConnection {
            self.perform(.revoked(failure.message))
        }
    }

    private func send(
        _ method: SlackMethod, _ arguments: JSONObject, isRepeat: Bool = false
    ) async throws -> (answer: JSON, headers: HTTPHeaders) {
        var url = self.settings.apiURL
        url.path += (url.path.hasSuffix("/") ? "" : "/") + method.rawValue
        var request = HTTPClientRequest(
            .post, url, headers: ["Authorization": "Bearer \(self.token(for: method))", "Accept": "application/json"])
        request.totalTimeout = .seconds(30)
        if method.isForm {
            _ = request.headers.append("Content-Type", "application/x-www-form-urlencoded")
            request.body = .bytes(Array(Self.form(arguments).utf8))
        } else {
            _ = request.headers.append("Content-Type", "application/json; charset=utf-8")
            request.body = .bytes(JSON.object(arguments).bytes)
        }
        do {
            let response = try await self.client.execute(request)
            let answer = try Self.read(try await response.body.collect(upTo: self.settings.answerLimit))
            if let failure = SlackFailure(
                method: method.rawValue, status: response.status.code, headers: response.headers, answer: answer)
            {
                throw failure
            }
            return (answer ?? .null, response.headers)
        } catch let error as HTTPClientError {
            // The end of a kept-alive connection shows only after the request.
            if error.code == .closed, method.isRepeatable, !isRepeat {
                return try await self.send(method, arguments, isRepeat: true)
            }
            throw SlackFailure(method: method.rawValue, error)
        } catch let error as JSONError {
            throw SlackFailure(
                SlackFailure.tooLarge, "Slack's answer to \(method.rawValue) cannot be read: \(error.message)",
                isCertain: false)
        }
    }

    /// Anyone may have written one of many messages that is nested too deeply or has too many values: without it, the
    /// others are read. Nil for what is not JSON.
    static func read(_ bytes: [UInt8]) throws(JSONError) -> JSON? {
        do throws(JSONError) {
            return try JSON.parse(bytes)
        } catch {
            guard error.isOfLimits else { return nil }
            return try JSON.parse(bytes, elementLimit: Self.elementLimit)
        }
    }

    /// The app-level token only opens sockets.
    private func token(for method: SlackMethod) -> String {
        if method == .openConnection, case .socket(let token) = self.settings.intake { return token.reveal() }
        return self.settings.botToken.reveal()
    }

    private static func form(_ arguments: JSONObject) -> String {
        HTTPQuery(
            arguments.map { argument in
                HTTPQuery.Item(name: argument.key, value: argument.value.stringValue ?? argument.value.text)
            }
        ).encoded
    }

    /// Asks for the page after `answer`; false if it is the last.
    static func turnPage(_ arguments: inout JSONObject, after answer: JSON) -> Bool {
        guard let cursor = answer["response_metadata"]?["next_cursor"]?.stringValue, !cursor.isEmpty else {
            return false
        }
        arguments["cursor"] = .string(cursor)
        return true
    }

    /// The message that a method has made.
    static func made(_ answer: JSON, by method: SlackMethod) throws(SlackFailure) -> String {
        if let ts = SlackReader.timestamp(answer["ts"]) { return ts }
        throw SlackFailure("http_200", "\(method.rawValue) returned no message", isCertain: false)
    }

    static func adapterError(_ error: any Error, stage: OutgoingMessage.Stage = .final) -> any Error {
        guard let failure = error as? SlackFailure else { return error }
        return stage == .preview ? failure.previewError : failure.adapterError
    }
}
