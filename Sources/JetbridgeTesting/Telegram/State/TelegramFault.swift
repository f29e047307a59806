internal import JSON

/// What a call of the bot meets instead of its answer.
package enum TelegramFault: Sendable, Hashable {
    /// It is done, but the connection ends before the answer.
    case answerLost
    /// Refused, not done.
    case flood(retryAfter: Int)
    /// Refused with this status and description, not done.
    case refusal(Int, String)
    /// A gateway's page with this status; not done.
    case page(Int)
    /// Not done and never answered.
    case hang
    /// Done, and answered after so many seconds.
    case late(Double)

    /// The server is starting anew.
    package static let restart = TelegramFault.refusal(500, "Internal Server Error: restart")
    /// A gateway without a server behind it.
    package static let badGateway = TelegramFault.page(502)
}

/// The faults that are still to come.
struct TelegramFaultState: Sendable {
    /// By method in small letters; `*` for any but `getUpdates`.
    var byMethod: [String: [TelegramFault]] = [:]
    /// So many updates are yet to be kept back.
    var toHold = 0
    /// So many updates are yet to be sent twice.
    var toDouble = 0
    var held: [(kind: String, body: JSON)] = []

    mutating func next(_ method: String) -> TelegramFault? {
        let name = method.lowercased()
        for key in name == "getupdates" ? [name] : [name, "*"] {
            guard let fault = self.byMethod[key]?.first else { continue }
            self.byMethod[key]?.removeFirst()
            return fault
        }
        return nil
    }
}
