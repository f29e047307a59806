internal import JSON

/// What happens to a call of the bot. Unless the case says otherwise, the call has no effect.
package enum TelegramFault: Sendable, Hashable {
    /// The call takes effect, but the connection ends before the answer.
    case answerLost
    /// Refused by the flood limit.
    case flood(retryAfter: Int)
    /// Refused with this status and description.
    case refusal(Int, String)
    /// A gateway's page with this status.
    case page(Int)
    /// Never answered.
    case hang
    /// The call takes effect and is answered after this many seconds.
    case late(Double)

    /// The server restarts.
    package static let restart = TelegramFault.refusal(500, "Internal Server Error: restart")
    /// A gateway without a server behind it.
    package static let badGateway = TelegramFault.page(502)
}

/// The queued faults.
struct TelegramFaultState: Sendable {
    /// By method in lowercase; `*` for any except `getUpdates`.
    var byMethod: [String: [TelegramFault]] = [:]
    /// The number of updates still to be held back.
    var toHold = 0
    /// The number of updates still to be sent twice.
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
