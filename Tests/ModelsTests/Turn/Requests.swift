import Chat

/// Turn requests for tests.
enum Requests {
    static func turn(
        _ text: String, images: [SentImage] = [], history: [HistoryEntry] = [], summary: HistorySummary? = nil,
        continuing: String? = nil,
        sender: String = "alice", model: String? = nil
    ) -> TurnRequest {
        TurnRequest(
            id: "t1", session: "s1", text: text, images: images,
            sender: Sender(id: "x/\(sender)", identities: [Identity("x/\(sender)")], displayName: sender), model: model,
            history: history, summary: summary, continuing: continuing)
    }
}
