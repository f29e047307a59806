internal import EventLoop
internal import HTTP
internal import HTTPClient
internal import JSON

/// Sends updates to a webhook one at a time, and repeats each until it is accepted.
extension LoopbackTelegram {
    /// Sends until the webhook with this number ends.
    @Net func serveWebhook(_ number: Int) async {
        var settings = HTTPClientSettings()
        settings.totalTimeout = .seconds(60)
        let client = HTTPClient(settings)
        var failures = 0
        while let webhook = self.webhook(number) {
            guard let update = self.look({ $0.updates.next(now: self.now) }) else {
                do { try await self.updatesChanged.wait() } catch { return }
                continue
            }
            if await self.send(update, to: webhook, by: client) {
                failures = 0
                self.change { state, _ in state.updates.confirm(update.id) }
                continue
            }
            failures += 1
            let base = self.look(\.settings.webhookDelay)
            let delay = min(base * Double(1 << min(failures - 1, 6)), base * 60)
            do { try await EventLoop.shared.sleep(for: .milliseconds(Int64(delay * 1_000))) } catch { return }
        }
    }

    private func webhook(_ number: Int) -> TelegramWebhook? {
        self.look { $0.webhook.isSet && $0.webhook.number == number ? $0.webhook : nil }
    }

    /// - Returns: whether the update was accepted.
    private func send(
        _ update: TelegramUpdateQueue.Update, to webhook: TelegramWebhook, by client: HTTPClient
    ) async -> Bool {
        let problem: String
        do {
            var request = HTTPClientRequest(
                .post, try HTTPURL(webhook.url), headers: ["Content-Type": "application/json"],
                body: .bytes(update.json.bytes))
            if let secret = webhook.secret { request.headers.append("X-Telegram-Bot-Api-Secret-Token", secret) }
            let response = try await client.execute(request)
            let body = try await response.body.collect(upTo: 1 << 20)
            if response.status.isSuccess {
                await self.callFromAnswer(body)
                return true
            }
            problem = "Wrong response from the webhook: \(response.status)"
        } catch {
            problem = "Connection failed: \(error)"
        }
        self.change { state, now in state.webhook.lastError = (problem, Int(now)) }
        return false
    }

    /// The webhook's answer may itself be a call, whose result is dropped.
    private func callFromAnswer(_ body: [UInt8]) async {
        guard case .object(let object)? = try? JSON.parse(body), let method = object["method"]?.stringValue else {
            return
        }
        _ = try? self.change { state, now throws(TelegramRefusal) in
            try state.call(method, TelegramParameters(object), now: now)
        }
    }
}
