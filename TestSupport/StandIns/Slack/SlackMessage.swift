internal import JSON

/// A message as the workspace stores it.
struct SlackMessage {
    /// A stream that is being written.
    struct Stream {
        var begun: Double
        var tasks: [JSON] = []
        /// Why the stream accepts no more text; the message stays unfinished.
        var end: String?
    }

    struct Reaction {
        var name: String
        var users: [String]
    }

    var ts: String
    var user: String
    var botID: String?
    var subtype: String?
    var text: String
    var blocks: [JSON] = []
    var attachments: [JSON] = []
    /// Set by `markdown_text` or a stream.
    var markdown: String?
    var threadTS: String?
    var metadata: JSON?
    var editedBy: String?
    var editedTS: String?
    var files: [String] = []
    var reactions: [Reaction] = []
    var stream: Stream?
    /// The only user who sees it.
    var onlyFor: String?
    var isUnfurling = true
    /// The number of times its content was replaced.
    var updates = 0

    var isStreaming: Bool { self.stream.map { $0.end == nil } ?? false }
    /// Whether it is a reply; a root may have its own ts as thread_ts.
    var isReply: Bool { self.threadTS != nil && self.threadTS != self.ts }
}
