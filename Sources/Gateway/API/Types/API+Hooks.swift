internal import Schemas

extension API {
    struct Hook: Fact {
        enum State: String, WordChoice {
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

        static let notes: Notes<Self> = [
            \.address: "The URL without its path, which may be a secret.",
            \.state:
                "That of the last try; `gone` is one that was answered with 410: it gets nothing until a test succeeds.",
            \.givenUp: "Deliveries of the last days that were given up.",
            \.nextTry: "Null if nothing is queued or a delivery is in flight.",
        ]
    }

    struct HookDelivery: Fact {
        let id: String
        let event: String
        let state: WebhookDelivery.State
        let tries: Int64
        let status: Int?
        let error: String?
        let createdAt: Timestamp
        let triedAt: Timestamp?
        let nextTry: Timestamp?

        static let notes: Notes<Self> = [
            \.id: "As in `X-Jetbridge-Delivery`.",
            \.status: "Of the last answer.",
            \.error: "Why the last try failed, or why there is no other one.",
        ]
    }

    struct HookQuery: Fact {
        let cursor: String?
        let limit: Int?

        static let notes: Notes<Self> = [\.cursor: cursorNote, \.limit: limitNote(50, most: 200)]
    }
}

extension WebhookDelivery.State: WordChoice {}
