internal import Crypto
internal import HTTP
package import HTTPServer
internal import JSON
internal import Logging
internal import Primitives

extension TelegramAdapter {
    /// Bytes; even an update with the longest text is far smaller.
    private static let bodyLimit = 4 << 20
    private static let ticketLimit = 256

    /// Handles a webhook request. Answers 200 once the update is stored; otherwise Telegram sends it again.
    package func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        guard case .webhook(_, let secret) = self.settings.intake else {
            return .text("This bot has no webhook", .notFound)
        }
        let given = request.headers["X-Telegram-Bot-Api-Secret-Token"] ?? ""
        guard constantTimeEqual(given, secret.reveal()) else {
            // Anyone can send such requests, so only some of them are logged.
            let count = self.state.withLock { state in
                state.wrongSecrets += 1
                return state.wrongSecrets
            }
            if count == 1 || count.isMultiple(of: 1_000) {
                self.logger.warning(
                    "Refused a webhook request without Telegram's secret", ["count": .integer(count)])
            }
            return .text("The secret token is missing or wrong", .forbidden)
        }
        guard request.method == .post else { return .text("Send updates with POST", .methodNotAllowed) }
        guard let body = try? await request.body.collect(upTo: Self.bodyLimit) else {
            return .text("The body cannot be read", .badRequest)
        }
        guard let json = try? JSON.parse(body), let update = TelegramUpdate(json) else {
            return .text("The body is not a valid update", .badRequest)
        }
        return await self.store(update) ? .text("") : .text("The update was not stored; retry", .serviceUnavailable)
    }

    private func store(_ update: TelegramUpdate) async -> Bool {
        let ticket = self.state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isTaken = self.state.withLock { state in
                    let isTaken =
                        !state.isStopping && !state.isFinished && state.tickets.count < Self.ticketLimit
                        && state.machine.isTaking
                    if isTaken { state.tickets[ticket] = continuation }
                    return isTaken
                }
                guard isTaken else { return continuation.resume(returning: false) }
                if Task.isCancelled { self.abandon(ticket) } else { self.perform(.update(ticket: ticket, update)) }
            }
        } onCancel: {
            self.abandon(ticket)
        }
    }

    /// The caller has disconnected. The update is still stored, and recognized as a duplicate when it is sent again.
    private func abandon(_ ticket: Int) {
        self.state.withLock { $0.tickets.removeValue(forKey: ticket) }?.resume(returning: false)
    }

    /// At the end of a run: refuses the waiting updates, which are not stored.
    func refuseTickets() {
        let waiters = self.state.withLock { state in
            defer { state.tickets = [:] }
            return state.tickets.values.map(\.self)
        }
        for waiter in waiters { waiter.resume(returning: false) }
    }
}
