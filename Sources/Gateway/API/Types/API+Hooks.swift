internal import Schemas

extension API {
    struct Hook: Codable, Sendable, Documented {
        enum State: String, Codable, Sendable, CaseIterable {
            case ok, failing, gone
        }

        let name: String
        let address: String
        let events: [String]
        let allowPrivate: Bool
        let state: State
        let waiting: Int64
        let givenUp: Int64
        let lastDelivery: HookDelivery?
        let nextTry: Timestamp?

        static let notes = [
            "address": MemberNote("The URL without its path, which may be a secret."),
            "state": MemberNote(
                "That of the last try; `gone` is one that was answered with 410: it gets nothing until a test succeeds."
            ),
            "given_up": MemberNote("Deliveries of the last days that were given up."),
            "next_try": MemberNote("Null if nothing is queued or a delivery is in flight."),
        ]
    }

    struct HookDelivery: Codable, Sendable, Documented {
        let id: String
        let event: String
        let state: WebhookDelivery.State
        let tries: Int64
        let status: Int?
        let error: String?
        let createdAt: Timestamp
        let triedAt: Timestamp?
        let nextTry: Timestamp?

        static let notes = [
            "id": MemberNote("As in `X-Jetbridge-Delivery`."),
            "status": MemberNote("Of the last answer."),
            "error": MemberNote("Why the last try failed, or why there is no other one."),
        ]
    }

    struct HookQuery: Codable, Sendable, Documented {
        let cursor: String?
        let limit: Int?

        static let notes = ["cursor": cursorNote, "limit": limitNote(50, most: 200)]
    }
}

extension WebhookDelivery.State: WordChoice {}
extension API.Hook.State: WordChoice {}
