internal import Crypto
internal import HTTP
package import HTTPServer
internal import JSON
internal import Logging
internal import Primitives

extension TelegramAdapter {
    /// An update with all its text stays far below.
    private static let bodyLimit = 4 << 20
    private static let ticketLimit = 256

    /// Takes a call of the webhook's: 200 once the update is stored, else Telegram comes again.
    package func respond(to request: HTTPServerRequest) async -> HTTPServerResponse {
        guard case .webhook(_, let secret) = self.settings.intake else { return .text("not here", .notFound) }
        let given = request.headers["X-Telegram-Bot-Api-Secret-Token"] ?? ""
        guard constantTimeEqual(given, secret.reveal()) else {
            // Anybody can knock as often as they like.
            let count = self.state.withLock { state in
                state.wrongSecrets += 1
                return state.wrongSecrets
            }
            if count == 1 || count.isMultiple(of: 1_000) {
                self.logger.warning(
                    "A call of the webhook without Telegram's secret was refused", ["count": .integer(count)])
            }
            return .text("the secret is wrong", .forbidden)
        }
        guard request.method == .post else { return .text("updates are posted", .methodNotAllowed) }
        guard let body = try? await request.body.collect(upTo: Self.bodyLimit) else {
            return .text("the body cannot be read", .badRequest)
        }
        guard let json = try? JSON.parse(body), let update = TelegramUpdate(json) else {
            return .text("this is no update", .badRequest)
        }
        return await self.store(update) ? .text("") : .text("not stored; come again", .serviceUnavailable)
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
                        && state.session.isTaking
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

    /// Its caller has gone; the update is stored all the same, and known when it comes again.
    private func abandon(_ ticket: Int) {
        self.state.withLock { $0.tickets.removeValue(forKey: ticket) }?.resume(returning: false)
    }

    /// The run is over: what waits is not stored.
    func refuseTickets() {
        let waiters = self.state.withLock { state in
            defer { state.tickets = [:] }
            return state.tickets.values.map(\.self)
        }
        for waiter in waiters { waiter.resume(returning: false) }
    }
}
