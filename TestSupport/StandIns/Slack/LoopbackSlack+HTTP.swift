internal import Crypto
internal import EventLoop
internal import Glibc
package import HTTP
internal import HTTPClient
internal import JSON
internal import Primitives

/// The Events API: deliveries by POST instead of Socket Mode.
extension LoopbackSlack {
    /// From now on events, commands and buttons are posted to `url`, signed.
    package func deliverOverHTTP(to url: HTTPURL) {
        self.http.withLock { $0 = url }
        self.change { $0.delivery.isOverHTTP = true }
    }

    /// Slack's check when the address is entered: the app must return the challenge.
    package func verifyURL() async throws -> Bool {
        let challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
        let body: JSON = ["token": "loopback", "challenge": .string(challenge), "type": "url_verification"]
        let (status, answer) = try await self.exchange(body.bytes, type: "application/json", headers: [])
        guard status == 200 else { return false }
        return answer == Array(challenge.utf8) || (try? JSON.parse(answer))?["challenge"]?.stringValue == challenge
    }

    /// The headers that sign a body, for requests that tests make themselves.
    package static func signature(
        of body: [UInt8], secret: String, timestamp: Int
    ) -> [(name: String, value: String)] {
        let base = Array("v0:\(timestamp):".utf8) + body
        return [
            ("X-Slack-Request-Timestamp", String(timestamp)),
            ("X-Slack-Signature", "v0=" + hex(hmacSHA256(base, key: Array(secret.utf8)))),
        ]
    }

    /// Delivers an item and reports the result to the state.
    @Net func post(_ item: SlackDelivery.Item, envelope: String) async {
        let (body, type) = Self.form(of: item)
        var headers: [(String, String)] = []
        if item.attempt > 0 {
            headers.append(("X-Slack-Retry-Num", String(item.attempt)))
            headers.append(("X-Slack-Retry-Reason", item.reason))
        }
        var isGood = false
        var isLast = false
        var reason = "http_error"
        var answer: [UInt8] = []
        do {
            let result = try await self.exchange(body, type: type, headers: headers) { isLast = $0 }
            isGood = (200..<300).contains(result.status)
            answer = result.body
        } catch {
            reason = (error as? HTTPClientError)?.code.isTimeout == true ? "http_timeout" : "connection_failed"
        }
        // A slash command may be answered with plain text.
        let parsed = (try? JSON.parse(answer)) ?? .null
        let text = String(decoding: answer, as: UTF8.self)
        let payload = parsed.objectValue == nil && !text.isEmpty ? ["text": .string(text)] : parsed
        self.change { [isGood, isLast, reason] state in
            let done = state.delivery.answered(
                envelope, isGood: isGood, isLast: isLast, reason: reason, now: state.now)
            if let done { state.acknowledged(done, payload: payload) }
        }
    }

    /// Events are JSON, commands a form, buttons a form that contains JSON.
    private static func form(of item: SlackDelivery.Item) -> ([UInt8], String) {
        let form = "application/x-www-form-urlencoded"
        switch item.type {
        case "slash_commands":
            let items = (item.payload.objectValue ?? [:]).map {
                HTTPQuery.Item(name: $0.key, value: $0.value.stringValue ?? $0.value.text)
            }
            return (Array(HTTPQuery(items).encoded.utf8), form)
        case "interactive":
            return (Array(HTTPQuery([HTTPQuery.Item(name: "payload", value: item.payload.text)]).encoded.utf8), form)
        default: return (item.payload.bytes, "application/json")
        }
    }

    private func exchange(
        _ body: [UInt8], type: String, headers: [(String, String)], noRetry: (Bool) -> Void = { _ in }
    ) async throws -> (status: Int, body: [UInt8]) {
        guard let url = self.http.withLock({ $0 }) else { return (0, []) }
        var fields: HTTPHeaders = ["Content-Type": type, "User-Agent": "Slackbot 1.0 (loopback)"]
        let signed = Self.signature(of: body, secret: self.settings.signingSecret, timestamp: time(nil))
        for (name, value) in headers + signed { fields.append(name, value) }
        var request = HTTPClientRequest(.post, url, headers: fields, body: .bytes(body))
        request.totalTimeout = .milliseconds(Int64(self.settings.acknowledgeSeconds * 1_000))
        let response = try await self.client.execute(request)
        noRetry(response.headers["x-slack-no-retry"] == "1")
        return (Int(response.status.code), try await response.body.collect(upTo: 1 << 20))
    }
}
