internal import Chat

/// A network that accepts every message at once and keeps none, with lines as on IRC.
struct SilentAdapter: ChatAdapter {
    static let id = AdapterID("bench")

    let renderer: any MessageRenderer
    private let roomTraits: RoomTraits

    init(renderer: any MessageRenderer = LineRenderer()) {
        self.renderer = renderer
        self.roomTraits = RoomTraits(textLimit: 400, textUnit: .bytes, isMultiline: false)
    }

    var id: AdapterID { Self.id }
    var status: AdapterStatus { AdapterStatus(state: .up, since: 0) }

    func run(delivering sink: any MessageSink) async throws {}
    func stop() async {}
    func traits(of room: RoomID) -> RoomTraits { self.roomTraits }

    func post(_ message: OutgoingMessage) async throws -> MessageReference {
        MessageReference(room: message.route.room, id: "")
    }
}

/// Renders a text as one unchanged line.
struct LineRenderer: MessageRenderer {
    func render(_ markdown: String) -> RenderedText {
        let bytes = Array(markdown.utf8)
        return RenderedText(bytes: bytes, lines: [.init(range: 0..<bytes.count)])
    }
}

/// A model that answers at once.
struct InstantWorker: TurnWorker {
    func run(_ request: TurnRequest, in thread: any TurnThread) async throws -> TurnEnding {
        try await thread.report(.text("This is an instant answer."))
        return .complete
    }
}
